-- Lets nodes be cleared away that told shares and that nobody knows: they were registered in a Redis that was emptied since,
-- and may not be there any more. One that is there begins a new life before.
-- KEYS: nodes, claims. ARGV: milliseconds until they may be claimed, then origins.
for index = 2, #ARGV do
    if not call('ZSCORE', KEYS[1], ARGV[index]) then
        call('ZADD', KEYS[2], 'NX', digits(now_ms + tonumber(ARGV[1])), ARGV[index])
    end
end
return 1
