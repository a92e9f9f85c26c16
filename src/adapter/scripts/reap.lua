-- Removes what a node that is gone had in a bucket, as if it had set empty shares.
-- KEYS: the node's subscriptions, the node's members, sessions.
-- ARGV: publishing command, tag, how many entries at most, origin.
-- Answer: how many entries are left.
local publish, tag, limit = ARGV[1], ARGV[2], tonumber(ARGV[3])
local opened = {}

local function at(place)
    opened[place] = opened[place] or open(tag, place, publish)
    return opened[place]
end

-- All members go before the totals: a place that is vacated has none.
local held = call('SRANDMEMBER', KEYS[2], limit)
table.sort(held)
for _, entry in ipairs(held) do
    local app = string.find(entry, '\0', 1, true)
    local name = string.find(entry, '\0', app + 1, true)
    call('SREM', KEYS[2], entry)
    at(string.sub(entry, 1, name - 1)).release(string.sub(entry, name + 1))
end
if #held < limit then
    local places = call('HRANDFIELD', KEYS[1], limit - #held)
    table.sort(places)
    for _, place in ipairs(places) do
        local subscriptions, rule = string.match(call('HGET', KEYS[1], place), '^(%d+) (%d)$')
        call('HDEL', KEYS[1], place)
        at(place).add(-tonumber(subscriptions), tonumber(rule))
    end
end
for _, place in pairs(opened) do
    place.close()
end
local left = call('SCARD', KEYS[2]) + call('HLEN', KEYS[1])
if left == 0 then
    call('HDEL', KEYS[3], ARGV[4])
end
return left
