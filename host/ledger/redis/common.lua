-- What every script begins with. The build puts a script together from its parts (see
-- host/CMakeLists.txt), and the host puts the constants of its settings before them: rows_max,
-- keep_ms, counters_max, lease_ms.
--
-- What stands in Redis, below the root:
--   budget:RULE:VALUE       hash: the present window, and old ones that calls of theirs still hold
--   rate:RULE:VALUE         "AT AHEAD LIMIT PERIOD": at that time it was so many microseconds until
--                           the whole burst is there again, by that limit
--   concurrency:RULE:VALUE  what is held
--   counters                sorted set of these, by when they may be forgotten
--   hosts                   sorted set of the hosts that hold something, by when their lease ends
--   holds:HOST              hash: of each hold its claims and the row of its estimate
--   settled:HOST            hash: holds that others settled, or that must not be given any more
--   usage                   stream of usage rows
--   epoch                   hash: a random name of all this, and how often a host has looked at it.
--                           Without it, or with fewer looks than were seen, something was lost

-- How long a host may come back to correct what others settled for it.
local settled_ms = 24 * 3600 * 1000
-- How long a budget is kept after its window: longer than any call of it.
local kept_ms = 2 * 24 * 3600 * 1000
-- How long a rate that is complete and a concurrency that nobody holds are kept.
local idle_ms = 60 * 1000

local root, most = KEYS[1], 9007199254740991
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local now_ms = math.floor(now / 1000)

-- Lua's own way of writing a number keeps 14 digits only.
local function whole(number) return string.format('%.0f', number) end
local function add(a, b) return math.max(math.min(a + b, most), -most) end

local budget, rate, concurrency = {}, {}, {}
local measures = {budget = budget, rate = rate, concurrency = concurrency}
local function key_of(claim) return root .. ':' .. claim.measure .. ':' .. claim.name end

local function remember(claim, until_ms)
  redis.call('ZADD', root .. ':counters', until_ms, claim.measure .. ':' .. claim.name)
end

-- A clock that went back lets no time pass, or a rate would admit nobody until it is there again.
function rate.load(key)
  local text = redis.call('GET', key)
  if not text then return {ahead = 0} end
  local at, ahead, limit, period = string.match(text, '^(%S+) (%S+) (%S+) (%S+)$')
  ahead = tonumber(ahead) - math.max(now - tonumber(at), 0)
  return {ahead = math.max(ahead, 0), limit = tonumber(limit), period = tonumber(period)}
end

function rate.save(key, state, claim)
  local text = whole(now) .. ' ' .. string.format('%.17g', state.ahead) .. ' ' ..
    whole(state.limit) .. ' ' .. whole(state.period)
  local until_ms = whole(now_ms + math.floor(state.ahead / 1000) + idle_ms)
  redis.call('SET', key, text, 'PXAT', until_ms)
  remember(claim, until_ms)
end
