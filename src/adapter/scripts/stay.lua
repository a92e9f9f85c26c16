-- Carries out an event that stays: once, however often it is sent.
-- KEYS: number of the sender's last one, position, occupied places of the app, retained events, their order, past
-- events, cached event, late events, and the event's id if it has one.
-- ARGV: publishing command, topic, place without its app, sender and number, number, the event, window of the id,
-- retain key, its age, keys that are kept, past events that are kept, their age, time to live in the cache, late events
-- that are kept, their age, number of the one that goes before it. What is '' is not asked for. Times are milliseconds.
-- A number of 0 is of an event of which nothing stays. One that is late is told again when it had been carried out: who
-- could not hear it then hears it now, and who did knows it by its number. What is to stay of it stays already.
-- Answer: 1 and the positions before and after, or 2 when the id was known, or 3 when it had been carried out before, or
-- 4 when the one before it was not, so that both come again in their order.
local sent, number, event = ARGV[4], tonumber(ARGV[5]), ARGV[6]
local done = tonumber(call('GET', KEYS[1]) or 0)
if ARGV[16] ~= '' and done < tonumber(ARGV[16]) then
    return { 4 }
end
local known = KEYS[9] and call('GET', KEYS[9])
if known and known ~= sent then
    if number > done then
        call('SET', KEYS[1], digits(number), 'PX', DAY)
    end
    return { 2 }
end
local is_late, is_again = ARGV[14] ~= '', number <= done
if is_again and not is_late then
    return { 3 }
end
if not is_again then
    call('SET', KEYS[1], digits(number), 'PX', DAY)
    if KEYS[9] then
        call('SET', KEYS[9], sent, 'PX', ARGV[7])
    end
end

local previous, position = advance(KEYS[2])
local longest = 0

-- Positions are microseconds, so they tell the age too; each entry has it besides.
local function remember(key, events, age)
    call('XADD', key, digits(position) .. '-0', 'e', event, 'a', age)
    call('XTRIM', key, 'MAXLEN', events)
    call('XTRIM', key, 'MINID', digits(math.max(now_us - tonumber(age) * 1000, 0)))
    call('PEXPIRE', key, age)
    longest = math.max(longest, tonumber(age))
end

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

if ARGV[9] ~= '' and not is_again then
    retain(ARGV[8], tonumber(ARGV[9]), tonumber(ARGV[10]))
    longest = math.max(longest, tonumber(ARGV[9]))
end
if ARGV[11] ~= '' and not is_again then
    remember(KEYS[6], ARGV[11], ARGV[12])
end
if is_late then
    remember(KEYS[8], ARGV[14], ARGV[15])
end
if ARGV[13] ~= '' and not is_again then
    call('SET', KEYS[7], struct.pack('>I8', position) .. event, 'PX', ARGV[13])
    longest = math.max(longest, tonumber(ARGV[13]))
end
call(ARGV[1], ARGV[2], struct.pack('>BI8I8', is_again and 10 or 2, previous, position) .. event)
keep_position(KEYS[2], call('HEXISTS', KEYS[3], ARGV[3]) == 1, longest)
return { 1, previous, position }
