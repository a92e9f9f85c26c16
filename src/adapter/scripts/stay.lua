-- Carries out an event that stays: once, however often it is sent.
-- KEYS: number of the sender's last one, position, occupied places of the app, retained events, their order, past
-- events, cached event, and the event's id if it has one.
-- ARGV: publishing command, topic, place without its app, sender and number, number, the event, window of the id,
-- retain key, its age, keys that are kept, past events that are kept, their age, time to live in the cache.
-- What is '' is not asked for. Times are milliseconds.
-- Answer: 1 and the positions before and after, or 2 when the id was known, or 3 when it had been carried out before.
local sent, number, event = ARGV[4], tonumber(ARGV[5]), ARGV[6]
local done = tonumber(call('GET', KEYS[1]) or -1)
local known = KEYS[8] and call('GET', KEYS[8])
if known and known ~= sent then
    if number > done then
        call('SET', KEYS[1], digits(number), 'PX', DAY)
    end
    return { 2 }
end
if number <= done then
    return { 3 }
end
call('SET', KEYS[1], digits(number), 'PX', DAY)
if KEYS[8] then
    call('SET', KEYS[8], sent, 'PX', ARGV[7])
end

local previous, position = advance(KEYS[2])
local longest = 0

local function retain(key, age, keys)
    local values, order = KEYS[4], KEYS[5]
    call('HSET', values, key, struct.pack('>I8I8', position, now_ms + age) .. event)
    call('ZADD', order, digits(position), key)
    -- The oldest make room, and those that are over as far as none that lives longer stands before them.
    while true do
        local oldest = call('ZRANGE', order, 0, 0)[1]
        local value = oldest and call('HGET', values, oldest)
        if not oldest then
            break
        end
        local _, over = struct.unpack('>I8I8', value)
        if call('ZCARD', order) <= keys and over > now_ms then
            break
        end
        call('ZREM', order, oldest)
        call('HDEL', values, oldest)
    end
    live(values, age)
    live(order, age)
end

if ARGV[9] ~= '' then
    retain(ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10]))
    longest = math.max(longest, tonumber(ARGV[9]))
end
if ARGV[11] ~= '' then
    -- Positions are microseconds, so they tell the age too.
    local age = tonumber(ARGV[12])
    call('XADD', KEYS[6], digits(position) .. '-0', 'e', event, 'a', ARGV[12])
    call('XTRIM', KEYS[6], 'MAXLEN', ARGV[11])
    call('XTRIM', KEYS[6], 'MINID', digits(math.max(now_us - age * 1000, 0)))
    call('PEXPIRE', KEYS[6], ARGV[12])
    longest = math.max(longest, age)
end
if ARGV[13] ~= '' then
    call('SET', KEYS[7], struct.pack('>I8', position) .. event, 'PX', ARGV[13])
    longest = math.max(longest, tonumber(ARGV[13]))
end
call(ARGV[1], ARGV[2], struct.pack('>BI8I8', 2, previous, position) .. event)
keep_position(KEYS[2], call('HEXISTS', KEYS[3], ARGV[3]) == 1, longest)
return { 1, previous, position }
