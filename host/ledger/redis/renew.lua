-- Renews a host's lease, and counts a look at the epoch. Contents without a name get the new name.
-- So do contents that are older than this host has seen them: they came back from a snapshot, or
-- from a replica that had not received everything.
-- ARGV: host, a new name, the epoch and the count of its looks as this host has last seen them.
-- Answers: the server's time, the epoch, the count of its looks.
local epoch = root .. ':epoch'
local id, looks = unpack(redis.call('HMGET', epoch, 'id', 'looks'))
if not id or id == ARGV[3] and (tonumber(looks) or 0) < tonumber(ARGV[4]) then
  id = ARGV[2]
  redis.call('HSET', epoch, 'id', id, 'looks', '0')
end
looks = redis.call('HINCRBY', epoch, 'looks', 1)
redis.call('ZADD', root .. ':hosts', whole(now_ms + lease_ms), ARGV[1])
return {now, id, looks}
