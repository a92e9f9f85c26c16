-- Forgets a node of which nothing is left. KEYS: nodes, claims, facts about the node. ARGV: origin.
call('ZREM', KEYS[1], ARGV[1])
call('ZREM', KEYS[2], ARGV[1])
call('DEL', KEYS[3])
return 1
