-- Settles one hold, once.
-- ARGV: host, number, "recorded", "unrecorded" or "withdrawn", the epoch that the hold was given
-- in, count of amounts, the amounts, the usage row.
-- Answers: 1 if it has settled the hold, 0 if there is nothing to settle, -1 if the hold was lost.
-- If the hold was given in an earlier epoch, its number is kept as settled: the host may have sent
-- the hold again, and that command must not be carried out after this one.
local host, number, how, count = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[5])
local strange = how ~= 'withdrawn' and redis.call('HGET', root .. ':epoch', 'id') ~= ARGV[4]
local late = false
local packed = redis.call('HGET', root .. ':holds:' .. host, number)
if not packed then
  late, packed = true, redis.call('HGET', root .. ':settled:' .. host, number)
  if not packed and how == 'withdrawn' then keep_settled(host, number, '') end
  if not packed and strange then return -1 end
  if not packed or packed == '' then return 0 end
end
local record, amounts = cmsgpack.unpack(packed), {}
for i, claim in ipairs(record.claims) do
  amounts[i] = i <= count and tonumber(ARGV[5 + i]) or how == 'withdrawn' and 0 or claim.amount
end
settle_claims(record.claims, amounts, late)
if late and record.written ~= '' then redis.call('XDEL', root .. ':usage', record.written) end
if how == 'recorded' then write_row({unpack(ARGV, 6 + count)}) end
redis.call('HDEL', root .. (late and ':settled:' or ':holds:') .. host, number)
if strange then keep_settled(host, number, '') end
return 1
