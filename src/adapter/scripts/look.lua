-- Says how a place stands, at one moment.
-- KEYS: position, occupied places of the app, members, retained events, cached event, past events, late events.
-- ARGV: place without its app; which parts: m members, r retained, c cached; position above which past and late events
-- are asked for, or ''.
-- Answer: Redis' time in milliseconds, position, '<total> <members>', members, retained events, cached event and the
-- milliseconds it has left, past events, late events; what is not asked for or not there is empty.
local function asks(part)
    return string.find(ARGV[2], part, 1, true) ~= nil
end

local cached = {}
if asks('c') then
    local left = call('PTTL', KEYS[5])
    if left > 0 then
        cached = { call('GET', KEYS[5]), left }
    end
end
return {
    now_ms,
    tonumber(call('GET', KEYS[1]) or 0),
    call('HGET', KEYS[2], ARGV[1]) or '0 0',
    asks('m') and call('HGETALL', KEYS[3]) or {},
    asks('r') and call('HVALS', KEYS[4]) or {},
    cached,
    ARGV[3] ~= '' and past(KEYS[6], ARGV[3]) or {},
    ARGV[3] ~= '' and past(KEYS[7], ARGV[3]) or {},
}
