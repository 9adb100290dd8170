// What is read of, and reset in, Redis as a whole.
// Parts of the scripts in redis_lua.cpp.
#pragma once

#include <string_view>

namespace bw::ledger {

inline constexpr std::string_view k_counters = R"lua(
local found = {}
local function give(name, from, till, used, held)
  for _, part in ipairs({name, from, till, used, held}) do table.insert(found, part) end
end
local function over(till) return till ~= '0' and tonumber(till) * 1000000 <= now end
for _, name in ipairs(redis.call('ZRANGE', root .. ':counters', 0, -1)) do
  local key = root .. ':' .. name
  if string.sub(name, 1, 7) == 'budget:' then
    local fields, state = redis.call('HGETALL', key), {}
    for i = 1, #fields, 2 do state[fields[i]] = fields[i + 1] end
    if state.generation and not (over(state['end']) and state.held == '0') then
      give(name, state.start, state['end'], state.used, state.held)
    end
    for field, held in pairs(state) do
      local mark = string.match(field, '^held(@.+)$')
      if mark then
        give(name, state['start' .. mark], state['end' .. mark], state['used' .. mark], held)
      end
    end
  else
    local text = redis.call('GET', key)
    local held = string.sub(name, 1, 5) == 'rate:' and '0' or text
    if text then give(name, '0', '0', '0', held) end
  end
end
return found
)lua";

inline constexpr std::string_view k_reset = R"lua(
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
)lua";

}  // namespace bw::ledger
