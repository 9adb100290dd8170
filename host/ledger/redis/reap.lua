-- Settles the calls of one host whose lease has run out, at their estimates. It does a hundred at
-- most, as other commands wait while a script runs. Answers: how many, and 1 if there may be more.
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
