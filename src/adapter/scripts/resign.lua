-- Gives a role up, so that another node may begin at once. KEYS: the role. ARGV: life of the node.
if call('HGET', KEYS[1], 'life') == ARGV[1] then
    return call('DEL', KEYS[1])
end
return 0
