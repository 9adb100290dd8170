-- Deletes old data, a few hundred entries at a time: the names of counters whose keys have expired,
-- and usage rows that are older than keep_ms. The server stores many rows in one node, and '~'
-- deletes only whole nodes. When no whole node is old, '=' deletes the old rows of the next node.
-- Answers: 1 if there may be more.
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
