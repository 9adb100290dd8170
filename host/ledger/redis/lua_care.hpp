// What hosts do in Redis beside their calls: leases, lost hosts, what is old.
// Parts of the scripts in redis_lua.cpp.
#pragma once

#include <string_view>

namespace bw::ledger {

// Gives the contents a name if they have none, or a new one if they are older than this host has
// seen them: they came back from a snapshot, or from a server that had not heard of all.
inline constexpr std::string_view k_renew = R"lua(
local epoch = root .. ':epoch'
local id, looks = unpack(redis.call('HMGET', epoch, 'id', 'looks'))
if not id or id == ARGV[3] and (tonumber(looks) or 0) < tonumber(ARGV[4]) then
  id = ARGV[2]
  redis.call('HSET', epoch, 'id', id, 'looks', '0')
end
looks = redis.call('HINCRBY', epoch, 'looks', 1)
redis.call('ZADD', root .. ':hosts', whole(now_ms + lease_ms), ARGV[1])
return {now, id, looks}
)lua";

// A hundred holds at most, so that nobody waits long for this one.
inline constexpr std::string_view k_reap = R"lua(
local dead = redis.call('ZRANGEBYSCORE', root .. ':hosts', '-inf', whole(now_ms), 'LIMIT', 0, 1)
local host = dead[1]
if not host then return {0, 0} end
local holds = redis.call('HRANDFIELD', root .. ':holds:' .. host, 100, 'WITHVALUES')
for i = 1, #holds, 2 do
  local record, amounts = cmsgpack.unpack(holds[i + 1]), {}
  for j, claim in ipairs(record.claims) do amounts[j] = claim.amount end
  settle_claims(record.claims, amounts, false)
  record.written = write_row(record.row)
  record.row = nil
  redis.call('HDEL', root .. ':holds:' .. host, holds[i])
  keep_settled(host, holds[i], cmsgpack.pack(record))
end
if redis.call('EXISTS', root .. ':holds:' .. host) == 0 then
  redis.call('ZREM', root .. ':hosts', host)
end
return {#holds / 2, 1}
)lua";

inline constexpr std::string_view k_leave = R"lua(
if redis.call('EXISTS', root .. ':holds:' .. ARGV[1]) == 1 then return 0 end
return redis.call('ZREM', root .. ':hosts', ARGV[1])
)lua";

// What may go, a few hundred at a time: names of counters that have expired by themselves, and rows
// that were kept for long enough. The server takes rows out by the node; what is left of the last
// node goes when no whole one does. Gives whether there may be more.
inline constexpr std::string_view k_thin = R"lua(
local batch = 500
local names = redis.call('ZRANGE', root .. ':counters', '-inf', whole(now_ms), 'BYSCORE',
  'LIMIT', 0, batch)
if #names > 0 then redis.call('ZREM', root .. ':counters', unpack(names)) end
local gone = 0
if keep_ms > 0 then
  local before = whole(math.max(now_ms - keep_ms, 0))
  gone = redis.call('XTRIM', root .. ':usage', 'MINID', '~', before, 'LIMIT', batch)
  if gone == 0 then redis.call('XTRIM', root .. ':usage', 'MINID', '=', before) end
end
return (#names == batch or gone > 0) and 1 or 0
)lua";

}  // namespace bw::ledger
