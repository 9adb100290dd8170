-- The first part of every script. The build puts each script together from its parts (see
-- host/CMakeLists.txt), and the host puts the constants of its settings before them: rows_max,
-- keep_ms, counters_max, lease_ms.
--
-- The keys in Redis, below the root:
--   budget:RULE:VALUE       hash: the present window; older windows while calls in flight hold them
--   rate:RULE:VALUE         "AT AHEAD LIMIT PERIOD": at the time AT, the whole burst was AHEAD
--                           microseconds away, for LIMIT units in PERIOD microseconds
--   concurrency:RULE:VALUE  the amount that is held
--   counters                sorted set of the names of those three, by when they may be forgotten
--   hosts                   sorted set of the hosts that hold something, by when their lease ends
--   holds:HOST              hash: for each hold its claims and the usage row of its estimate
--   settled:HOST            hash: holds that another host has settled, or that must not be given
--   usage                   stream of usage rows
--   epoch                   hash: a random name of these contents, and how often hosts have looked
--                           at it. If it is missing, or a host has seen more looks before, data
--                           was lost

-- A host that was thought lost may come back for so long, to correct what others settled for it.
local settled_ms = 24 * 3600 * 1000
-- How long a budget is kept after its window has ended: longer than any call lasts.
local kept_ms = 2 * 24 * 3600 * 1000
-- How long a rate with a complete burst, and a concurrency of which nothing is held, are kept.
local idle_ms = 60 * 1000

local root, most = KEYS[1], 9007199254740991
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local now_ms = math.floor(now / 1000)

-- Lua's tostring() keeps only 14 digits of a number.
local function whole(number) return string.format('%.0f', number) end
local function add(a, b) return math.max(math.min(a + b, most), -most) end

local budget, rate, concurrency = {}, {}, {}
local measures = {budget = budget, rate = rate, concurrency = concurrency}
local function key_of(claim) return root .. ':' .. claim.measure .. ':' .. claim.name end

local function remember(claim, until_ms)
  redis.call('ZADD', root .. ':counters', until_ms, claim.measure .. ':' .. claim.name)
end

-- If the clock was set back, no time has passed for a rate. Otherwise it would admit nothing until
-- the clock is there again.
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
