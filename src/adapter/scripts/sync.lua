-- Sets a node's share of one place.
-- KEYS: the node's subscriptions, the node's members, the place's members, its position, occupied places of the app,
-- sessions; of a node that begins a new life also the old one's subscriptions and members: what it tells of the place, it
-- takes over. What it does not tell is removed when the old life is.
-- ARGV: end of the lease, publishing command, tag, place, subscriptions, rule for totals, member limit, origin, session,
-- then of each member whose share changed: id, info ('' where the node has it no more).
-- Answer: 'expired', or position, messages that were published, ids of members that were one too many.
local session, newest = tonumber(ARGV[9]), tonumber(call('HGET', KEYS[6], ARGV[8]) or 0)
-- A connection that the node gave up may bring late what it has taken back since.
if now_ms >= tonumber(ARGV[1]) or session < newest then
    return 'expired'
end
if session > newest then
    call('HSET', KEYS[6], ARGV[8], ARGV[9])
end
local place = ARGV[4]
local at = open(ARGV[3], place, ARGV[2])
local subscriptions, rule, limit = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local before = 0

if KEYS[7] then
    for index = 10, #ARGV, 2 do
        local held = place .. '\0' .. ARGV[index]
        if call('SREM', KEYS[8], held) == 1 and call('SADD', KEYS[2], held) == 0 then
            at.release(ARGV[index])
        end
    end
    before = tonumber(string.match(call('HGET', KEYS[7], place) or '0', '^%d+'))
    call('HDEL', KEYS[7], place)
end

-- Those who leave make room for those who come.
for index = 10, #ARGV, 2 do
    if ARGV[index + 1] == '' and call('SREM', KEYS[2], place .. '\0' .. ARGV[index]) == 1 then
        at.release(ARGV[index])
    end
end
local refused = {}
for index = 10, #ARGV, 2 do
    local id, info = ARGV[index], ARGV[index + 1]
    local held = place .. '\0' .. id
    if info ~= '' and call('SISMEMBER', KEYS[2], held) == 0 then
        if at.hold(id, info, limit) then
            call('SADD', KEYS[2], held)
        else
            table.insert(refused, id)
        end
    end
end

before = before + tonumber(string.match(call('HGET', KEYS[1], place) or '0', '^%d+'))
if subscriptions > 0 then
    call('HSET', KEYS[1], place, digits(subscriptions) .. ' ' .. digits(rule))
else
    call('HDEL', KEYS[1], place)
end
at.add(subscriptions - before, rule)
at.close()
return { tonumber(call('GET', KEYS[4]) or 0), at.changes, refused }
