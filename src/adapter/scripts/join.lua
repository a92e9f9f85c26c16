-- Registers a node's life, unless its apps are not the ones that others have under this prefix.
-- KEYS: nodes, claims, facts about the node, apps, lives by numbers.
-- ARGV: origin, milliseconds of the lease, origin of the life before or '', milliseconds until that is reaped, the node's
-- number, how many facts, then facts and apps, each as name and value.
-- Answer: end of the lease or 0, number of other nodes that are alive, ids of apps with another secret there.
local others = call('ZCOUNT', KEYS[1], digits(now_ms + 1), '+inf')
local apps, conflicts = {}, {}
local after_facts = 7 + 2 * tonumber(ARGV[6])
for index = after_facts, #ARGV, 2 do
    local digest = call('HGET', KEYS[4], ARGV[index])
    if others > 0 and digest and digest ~= ARGV[index + 1] then
        table.insert(conflicts, ARGV[index])
    end
end
if #conflicts > 0 then
    return { 0, others, conflicts }
end
for index = after_facts, #ARGV, 2 do
    call('HSET', KEYS[4], ARGV[index], ARGV[index + 1])
end
call('HSET', KEYS[3], 'number', ARGV[5])
call('HSET', KEYS[5], ARGV[5], ARGV[1])
for index = 7, after_facts - 1, 2 do
    call('HSET', KEYS[3], ARGV[index], ARGV[index + 1])
end
-- Nobody else may know of the life before when Redis was emptied in between.
if ARGV[3] ~= '' then
    call('ZREM', KEYS[1], ARGV[3])
    call('ZADD', KEYS[2], 'NX', digits(now_ms + tonumber(ARGV[4])), ARGV[3])
end
local over = now_ms + tonumber(ARGV[2])
call('ZADD', KEYS[1], digits(over), ARGV[1])
return { over, others, conflicts }
