-- A page of past events.
-- KEYS: past events. ARGV: position above which they are asked for, how many at most.
-- Answer: position of the oldest that there is and of the newest, as stream ids or '', and the events.
local first, last = '', ''
local newest = call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local oldest = past(KEYS[1], '0', '1')[1]
if oldest then
    first, last = oldest[1], newest[1]
end
return { first, last, past(KEYS[1], ARGV[1], ARGV[2]) }
