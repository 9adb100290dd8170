-- Takes a host that holds nothing off the list of hosts.
-- ARGV: host.
if redis.call('EXISTS', root .. ':holds:' .. ARGV[1]) == 1 then return 0 end
return redis.call('ZREM', root .. ':hosts', ARGV[1])
