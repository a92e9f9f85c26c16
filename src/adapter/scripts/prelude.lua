-- What several scripts need. Numbers are written with all their digits; Lua itself would write 1.79e+15.
local call = redis.call
local DAY = 86400000

local time = call('TIME')
local now_us = tonumber(time[1]) * 1000000 + tonumber(time[2])
local now_ms = math.floor(now_us / 1000)

local function digits(number)
    return string.format('%.0f', number)
end

-- Gives the place its next position; an emptied Redis goes on above the last one, as time does.
local function advance(key)
    local previous = tonumber(call('GET', key) or 0)
    local position = math.max(previous + 1, now_us)
    call('SET', key, digits(position), 'KEEPTTL')
    return previous, position
end

-- An occupied place keeps its position; another one for a day longer than what it keeps.
local function keep_position(key, is_occupied, longest)
    if is_occupied then
        call('PERSIST', key)
    elseif call('PTTL', key) < longest + DAY then
        call('PEXPIRE', key, digits(longest + DAY))
    end
end

-- Lets a key live for at least so long.
local function live(key, ms)
    if call('PTTL', key) < ms then
        call('PEXPIRE', key, digits(ms))
    end
end

-- A place of which members and totals change, and what is told of it.
local function open(tag, place, publish)
    local zero = string.find(place, '\0', 1, true)
    local self = {
        members = tag .. ':m:' .. place,
        version = tag .. ':v:' .. place,
        occupied = tag .. ':o:' .. string.sub(place, 1, zero - 1),
        field = string.sub(place, zero + 1),
        topic = tag .. ':t:' .. place,
        changes = {},
    }

    local function tell(kind, rest)
        local previous, position = advance(self.version)
        local message = struct.pack('>BI8I8', kind, previous, position) .. rest
        call(publish, self.topic, message)
        table.insert(self.changes, message)
        return position
    end

    function self.totals()
        local total, members = string.match(call('HGET', self.occupied, self.field) or '0 0', '^(%d+) (%d+)$')
        return tonumber(total), tonumber(members)
    end

    local function count(total, members)
        if total > 0 or members > 0 then
            call('HSET', self.occupied, self.field, digits(total) .. ' ' .. digits(members))
        else
            call('HDEL', self.occupied, self.field)
        end
    end

    -- One holder more; false when the member would be one too many.
    function self.hold(id, info, limit)
        local value = call('HGET', self.members, id)
        if value then
            local holders, rest = string.match(value, '^(%d+)( .*)$')
            call('HSET', self.members, id, digits(holders + 1) .. rest)
            return true
        end
        local total, members = self.totals()
        if members >= limit then
            return false
        end
        count(total, members + 1)
        local position = tell(3, struct.pack('>I4', #id) .. id .. info)
        call('HSET', self.members, id, '1 ' .. digits(position) .. ' ' .. info)
        return true
    end

    -- One holder less.
    function self.release(id)
        local value = call('HGET', self.members, id)
        if not value then
            return
        end
        local holders, rest = string.match(value, '^(%d+)( .*)$')
        if tonumber(holders) > 1 then
            call('HSET', self.members, id, digits(holders - 1) .. rest)
            return
        end
        call('HDEL', self.members, id)
        local total, members = self.totals()
        count(total, members - 1)
        tell(4, id)
    end

    -- So many subscriptions more or less. Rule: 0 tells nobody, 1 of the first and the last, 2 of each.
    function self.add(more, rule)
        local old, members = self.totals()
        local new = old + more
        count(new, members)
        if more ~= 0 and (rule == 2 or rule == 1 and (old == 0) ~= (new == 0)) then
            tell(5, struct.pack('>I8', new))
        end
    end

    function self.close()
        local is_occupied, longest = call('HEXISTS', self.occupied, self.field) == 1, 0
        for _, kind in ipairs(is_occupied and {} or { 'r', 'h', 'c', 'l' }) do
            longest = math.max(longest, call('PTTL', tag .. ':' .. kind .. ':' .. place))
        end
        keep_position(self.version, is_occupied, longest)
    end

    return self
end

-- Past events above a position, as far as they are not too old; what the newest says of ages holds for all.
local function past(key, after, limit)
    local newest = call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
    if not newest then
        return {}
    end
    local from = math.max(tonumber(after) + 1, now_us - tonumber(newest[2][4]) * 1000 + 1)
    if limit then
        return call('XRANGE', key, digits(from), '+', 'COUNT', limit)
    end
    return call('XRANGE', key, digits(from), '+')
end
