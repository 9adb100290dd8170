-- Sets `used` to 0 in the counters of a rule, and gives its rates the whole burst back. What is
-- held stays held. ARGV: the rule's name. Answers: how many counters there were.
local count, rule = 0, ':' .. ARGV[1] .. ':'
for _, name in ipairs(redis.call('ZRANGE', root .. ':counters', 0, -1)) do
  local key, measure, rest = root .. ':' .. name, string.match(name, '^(%l+)(:.*)$')
  if string.sub(rest, 1, #rule) == rule and redis.call('EXISTS', key) == 1 then
    local till = measure == 'budget' and redis.call('HGET', key, 'end')
    if not till or till == '0' or tonumber(till) * 1000000 > now then
      count = count + 1
      if till then redis.call('HSET', key, 'used', '0') end
      if measure == 'rate' then redis.call('DEL', key) end
    end
  end
end
return count
