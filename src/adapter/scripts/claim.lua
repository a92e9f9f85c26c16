-- Gives the caller nodes that are gone, to be reaped by nobody else while the claim lasts.
-- KEYS: nodes, claims. ARGV: milliseconds that a lease must be over, milliseconds that the claim lasts, nodes at most.
-- Answer: their origins.
local limit = tonumber(ARGV[3])
local over = digits(now_ms - tonumber(ARGV[1]))
local found = call('ZRANGE', KEYS[1], '-inf', over, 'BYSCORE', 'LIMIT', 0, limit)
-- Whoever had claimed these is gone too.
for _, origin in ipairs(call('ZRANGE', KEYS[2], '-inf', digits(now_ms), 'BYSCORE', 'LIMIT', 0, limit - #found)) do
    table.insert(found, origin)
end
for _, origin in ipairs(found) do
    -- From here on it cannot renew its lease.
    call('ZREM', KEYS[1], origin)
    call('ZADD', KEYS[2], digits(now_ms + tonumber(ARGV[2])), origin)
end
return found
