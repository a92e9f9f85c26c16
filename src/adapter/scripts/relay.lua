-- Tells of an event that does not stay, unless one that stays and goes before it was not carried out.
-- KEYS: number of the sender's last one that stays. ARGV: publishing command, topic, the event, number of the one before.
-- Answer: 1, or 4 as for an event that stays.
if tonumber(call('GET', KEYS[1]) or 0) < tonumber(ARGV[4]) then
    return { 4 }
end
call(ARGV[1], ARGV[2], ARGV[3])
return { 1 }
