-- Lists the counters. Answers for each: name, start and end of its window, used, held.
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
