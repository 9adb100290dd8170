-- Reads the claims of a hold into `claims`, and answers at once if the hold must not be given.
-- ARGV: host, number, epoch, "first" or "again", count of claims; for each claim nine words:
-- measure, name, amount, limit, "1" if it may refuse, start and end of its window, period, burst;
-- then the names and values of the usage row of its estimate. The codes that it answers are
-- HoldCode in lua.hpp.
local host, number, again, count = ARGV[1], ARGV[2], ARGV[4] == 'again', tonumber(ARGV[5])
if redis.call('HGET', root .. ':epoch', 'id') ~= ARGV[3] then return {5} end
if redis.call('HEXISTS', root .. ':settled:' .. host, number) == 1 then return {2} end
if redis.call('HEXISTS', root .. ':holds:' .. host, number) == 1 then return {3} end

local claims, next_word = {}, 6
for i = 1, count do
  local word = function(at) return ARGV[next_word + at] end
  claims[i] = {measure = word(0), name = word(1), amount = tonumber(word(2)),
    limit = tonumber(word(3)), refuses = word(4) == '1' and not again, from = tonumber(word(5)),
    till = tonumber(word(6)), period = tonumber(word(7)), burst = tonumber(word(8))}
  next_word = next_word + 9
end
