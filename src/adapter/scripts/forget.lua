-- Forgets a node of which nothing is left. KEYS: nodes, claims, facts about the node, lives by numbers. ARGV: origin.
local number = call('HGET', KEYS[3], 'number')
if number and call('HGET', KEYS[4], number) == ARGV[1] then
    call('HDEL', KEYS[4], number)
end
call('ZREM', KEYS[1], ARGV[1])
call('ZREM', KEYS[2], ARGV[1])
call('DEL', KEYS[3])
return 1
