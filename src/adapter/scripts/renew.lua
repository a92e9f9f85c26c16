-- Sets when a lease ends: later with each renewal, and soon when the node is about to go.
-- KEYS: nodes, facts about the node. ARGV: origin, milliseconds from now, then facts, each as name and value.
-- Answer: 'expired' when the node is not known, so that others may have removed its share; or the end of the lease and
-- the number of nodes that are alive.
if not call('ZSCORE', KEYS[1], ARGV[1]) then
    return 'expired'
end
for index = 3, #ARGV, 2 do
    call('HSET', KEYS[2], ARGV[index], ARGV[index + 1])
end
local over = now_ms + tonumber(ARGV[2])
call('ZADD', KEYS[1], digits(over), ARGV[1])
return { over, call('ZCOUNT', KEYS[1], digits(now_ms + 1), '+inf') }
