-- Makes a claim last longer. KEYS: claims. ARGV: origin, milliseconds from now. Answer: whether there was one.
if not call('ZSCORE', KEYS[1], ARGV[1]) then
    return 0
end
call('ZADD', KEYS[1], digits(now_ms + tonumber(ARGV[2])), ARGV[1])
return 1
