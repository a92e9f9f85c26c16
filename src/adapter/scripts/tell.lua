-- Tells one node something.
-- KEYS: nodes, their lives by their numbers. ARGV: topic, message, the node's number.
-- Answer: 1 when it hears that, 0 when it lives and does not hear it now, 2 when there is no such node.
if call('PUBLISH', ARGV[1], ARGV[2]) > 0 then
    return 1
end
local life = call('HGET', KEYS[2], ARGV[3])
local over = life and call('ZSCORE', KEYS[1], life)
return over and tonumber(over) > now_ms and 0 or 2
