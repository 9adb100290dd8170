-- Renews a host's lease. Gives the contents a name if they have none, or a new one if they are
-- older than this host has seen them: they came back from a snapshot, or from a server that had not
-- heard of all.
-- ARGV: host, a name that was never used, the epoch and its looks as the host has last seen them.
-- Answers: the server's time, the epoch, its looks.
local epoch = root .. ':epoch'
local id, looks = unpack(redis.call('HMGET', epoch, 'id', 'looks'))
if not id or id == ARGV[3] and (tonumber(looks) or 0) < tonumber(ARGV[4]) then
  id = ARGV[2]
  redis.call('HSET', epoch, 'id', id, 'looks', '0')
end
looks = redis.call('HINCRBY', epoch, 'looks', 1)
redis.call('ZADD', root .. ':hosts', whole(now_ms + lease_ms), ARGV[1])
return {now, id, looks}
