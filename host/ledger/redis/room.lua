-- Makes room for the counters that a hold would create, or answers `full`. The part claims.lua
-- stands before this one: from it come `claims` and `again`.
local names = root .. ':counters'

local function counts_nothing(name)
  local key, measure = root .. ':' .. name, string.match(name, '^%l+')
  if measure == 'rate' then return rate.load(key).ahead <= 0 end
  if measure == 'concurrency' then return (tonumber(redis.call('GET', key)) or 0) <= 0 end
  local state = redis.call('HMGET', key, 'end', 'held')
  if not state[1] then return true end
  local over = state[1] ~= '0' and tonumber(state[1]) * 1000000 <= now
  return over and state[2] == '0' and redis.call('HLEN', key) == 5  -- else it has old windows
end

-- A few counters that perhaps count nothing: those that expire within `idle_ms`. If there are none:
-- some of those that expire within `kept_ms`, which may be budgets whose windows are over.
local function candidates()
  local idle, few = whole(now_ms + idle_ms), 20
  local found = redis.call('ZRANGE', names, '-inf', idle, 'BYSCORE', 'LIMIT', 0, few)
  if #found > 0 then return found end
  local count = redis.call('ZCOUNT', names, '(' .. idle, whole(now_ms + kept_ms))
  local from = now % math.max(count - few + 1, 1)
  return redis.call('ZRANGE', names, whole(from), whole(from + few - 1))
end

local function make_room()
  for _, name in ipairs(candidates()) do
    if counts_nothing(name) then
      redis.call('DEL', root .. ':' .. name)
      redis.call('ZREM', names, name)
    end
  end
end

local function has_room()
  local there = redis.call('ZCARD', names)
  if there + #claims <= counters_max then return true end
  local missing = 0
  for _, claim in ipairs(claims) do
    missing = missing + 1 - redis.call('EXISTS', key_of(claim))
  end
  return missing == 0 or there + missing <= counters_max
end

if not again and not has_room() then
  make_room()
  if not has_room() then return {4, redis.call('ZCARD', names)} end
end
