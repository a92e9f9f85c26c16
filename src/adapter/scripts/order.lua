-- Tells all nodes something, and keeps it for those that cannot hear it now.
-- KEYS: what was told. ARGV: topic, message, how many are kept, for how many milliseconds.
call('XADD', KEYS[1], 'MAXLEN', ARGV[3], '*', 'm', ARGV[2])
call('XTRIM', KEYS[1], 'MINID', digits(math.max(now_ms - tonumber(ARGV[4]), 0)))
call('PEXPIRE', KEYS[1], ARGV[4])
return call('PUBLISH', ARGV[1], ARGV[2])
