-- Adds up what nodes that are alive say of their connections.
-- KEYS: nodes. ARGV: what keys of facts about nodes begin with, the fact, the origin that does not count.
-- Answer: how many they have together.
local sum = 0
for _, origin in ipairs(call('ZRANGE', KEYS[1], digits(now_ms + 1), '+inf', 'BYSCORE')) do
    if origin ~= ARGV[3] then
        sum = sum + tonumber(call('HGET', ARGV[1] .. origin, ARGV[2]) or 0)
    end
end
return sum
