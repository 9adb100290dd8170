-- Takes out what may go, a few hundred at a time: names of counters that have expired by
-- themselves, and rows that were kept for long enough. The server takes rows out by the node; what
-- is left of the last node goes when no whole one does. Answers: 1 if there may be more.
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
