-- Takes a role for a node, or keeps it, unless another one has it and may still act in it.
-- KEYS: the role. ARGV: life of the node, its name, milliseconds that the role lasts without being kept, milliseconds
-- after that in which nobody else begins.
-- Answer: 1 when the node has the role, or 0; who has it; the name of that one.
local holder = call('HGET', KEYS[1], 'life')
local over = tonumber(call('HGET', KEYS[1], 'over') or 0)
if holder and holder ~= ARGV[1] and over + tonumber(ARGV[4]) > now_ms then
    return { 0, holder, call('HGET', KEYS[1], 'name') }
end
call('HSET', KEYS[1], 'life', ARGV[1], 'name', ARGV[2], 'over', digits(now_ms + tonumber(ARGV[3])))
call('PEXPIRE', KEYS[1], digits(tonumber(ARGV[3]) + tonumber(ARGV[4])))
return { 1, ARGV[1], ARGV[2] }
