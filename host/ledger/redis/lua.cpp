#include "ledger/redis/lua.hpp"

#include <fmt/format.h>

#include <initializer_list>
#include <string_view>

#include "ledger/redis/lua_care.hpp"
#include "ledger/redis/lua_reports.hpp"
#include "ledger/redis/lua_room.hpp"

namespace bw::ledger {
namespace {

// What stands in Redis, below the root:
//   budget:RULE:VALUE       hash: the present window, and old ones that calls of theirs still hold
//   rate:RULE:VALUE         "AT AHEAD LIMIT PERIOD": at that time it was so many microseconds until
//                           the whole burst is there again, by that limit
//   concurrency:RULE:VALUE  what is held
//   counters                sorted set of these, by when they may be forgotten
//   hosts                   sorted set of the hosts that hold something, by when their lease ends
//   holds:HOST              hash: of each hold its claims and the row of its estimate
//   settled:HOST            hash: holds that others settled, or that must not be given any more
//   usage                   stream of usage rows
//   epoch                   hash: a random name of all this, and how often a host has looked at it.
//                           Without it, or with fewer looks than were seen, something was lost
constexpr std::string_view k_common = R"lua(
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
)lua";

constexpr std::string_view k_settle_parts = R"lua(
-- What a claim held is given back and what was used is charged, in the window of the hold. Of a
-- hold that was settled by others before, only the difference is charged.
function budget.settle(claim, amount, late)
  local key, mark = key_of(claim), ''
  local present = redis.call('HGET', key, 'generation')
  if present ~= claim.generation then
    mark = '@' .. claim.generation
    if not redis.call('HGET', key, 'held' .. mark) then return end
  end
  local state = redis.call('HMGET', key, 'used' .. mark, 'held' .. mark)
  local used, held = tonumber(state[1]), tonumber(state[2])
  used = late and math.max(add(used, amount - claim.amount), 0) or add(used, amount)
  held = late and held or math.max(held - claim.amount, 0)
  if mark ~= '' and held == 0 then
    redis.call('HDEL', key, 'used' .. mark, 'held' .. mark, 'start' .. mark, 'end' .. mark)
  else
    redis.call('HSET', key, 'used' .. mark, whole(used), 'held' .. mark, whole(held))
  end
end

function rate.settle(claim, amount)
  if amount == claim.amount or claim.limit == 0 then return end
  local key = key_of(claim)
  local state = rate.load(key)
  local difference = (amount - claim.amount) * claim.period / claim.limit
  state.ahead = math.min(math.max(state.ahead + difference, 0), 2 ^ 50)
  state.limit, state.period = state.limit or claim.limit, state.period or claim.period
  rate.save(key, state, claim)
end

function concurrency.settle(claim, amount, late)
  if late then return end
  local key = key_of(claim)
  local held = (tonumber(redis.call('GET', key)) or 0) - claim.amount
  if held > 0 then redis.call('SET', key, whole(held)) return end
  local until_ms = whole(now_ms + idle_ms)
  redis.call('SET', key, '0', 'PXAT', until_ms)
  remember(claim, until_ms)
end

local function settle_claims(claims, amounts, late)
  for i, claim in ipairs(claims) do
    measures[claim.measure].settle(claim, math.min(amounts[i], most), late)
  end
end

local function write_row(row)
  if #row == 0 then return '' end
  return redis.call('XADD', root .. ':usage', 'MAXLEN', '~', rows_max, '*', unpack(row))
end

local function keep_settled(host, number, record)
  redis.call('HSET', root .. ':settled:' .. host, number, record)
  redis.call('PEXPIRE', root .. ':settled:' .. host, settled_ms)
end
)lua";

constexpr std::string_view k_claims = R"lua(
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
)lua";

constexpr std::string_view k_hold = R"lua(
function budget.load(key)
  local f = redis.call('HMGET', key, 'generation', 'start', 'end', 'used', 'held')
  return {generation = f[1], from = tonumber(f[2]), till = tonumber(f[3]),
    used = tonumber(f[4]) or 0, held = tonumber(f[5]) or 0, old = {}}
end

-- Windows only ever move on, or become longer.
function budget.enter(claim, state)
  local function ends(till) return till == 0 and math.huge or till end
  if not state.generation or claim.from > state.from then
    local generation = now
    if state.generation then
      generation = math.max(now, tonumber(state.generation) + 1)
      if state.held > 0 then
        local mark = '@' .. state.generation
        table.insert(state.old, {'used' .. mark, whole(state.used), 'held' .. mark,
          whole(state.held), 'start' .. mark, whole(state.from), 'end' .. mark, whole(state.till)})
      end
    end
    state.generation, state.used, state.held = whole(generation), 0, 0
  elseif claim.from < state.from and ends(claim.till) <= ends(state.till) then
    return
  elseif claim.from == state.from and claim.till == state.till then
    return
  end
  state.from, state.till, state.moved = claim.from, claim.till, true
end

function budget.fits(claim, state) return state.used + state.held + claim.amount <= claim.limit end
function budget.take(claim, state)
  state.held = state.held + claim.amount
  claim.generation = state.generation
end
function budget.standing(claim, state)
  local taken = state.used + state.held
  return state.used, math.min(state.held, most), add(claim.limit, -taken), 0, 0
end

function budget.save(key, state, claim)
  for _, old in ipairs(state.old) do redis.call('HSET', key, unpack(old)) end
  if not state.moved then redis.call('HSET', key, 'held', whole(state.held)) return end
  redis.call('HSET', key, 'generation', state.generation, 'start', whole(state.from),
    'end', whole(state.till), 'used', whole(state.used), 'held', whole(state.held))
  if state.till == 0 then
    redis.call('PERSIST', key)
    remember(claim, '+inf')
  else
    local until_ms = whole(math.max(state.till * 1000, now_ms) + kept_ms)
    redis.call('PEXPIREAT', key, until_ms)
    remember(claim, until_ms)
  end
end

-- The thousandth of a microsecond is for what doubles cannot say exactly.
function rate.cost(claim, amount)
  if claim.limit == 0 then return amount == 0 and 0 or math.huge end
  return amount * claim.period / claim.limit
end
-- A rule that was edited keeps the units that it is owed.
function rate.enter(claim, state)
  if state.ahead > 0 and (claim.limit ~= state.limit or claim.period ~= state.period) then
    local units = math.ceil(state.ahead * state.limit / state.period - 0.001)
    state.ahead = math.min(rate.cost(claim, units), 2 ^ 50)
  end
  state.limit, state.period = claim.limit, claim.period
end
function rate.fits(claim, state) return rate.wait(claim, state) == 0 end
function rate.wait(claim, state)
  if claim.amount > claim.burst then return -1 end
  if claim.limit == 0 then return claim.amount == 0 and 0 or -1 end
  local wait = state.ahead + rate.cost(claim, claim.amount) - rate.cost(claim, claim.burst)
  return wait <= 0.001 and 0 or math.ceil(wait - 0.001)
end
function rate.take(claim, state)
  if claim.limit > 0 then
    state.ahead = math.min(state.ahead + rate.cost(claim, claim.amount), 2 ^ 50)
  end
end
function rate.standing(claim, state, taken)
  local left = 0
  if claim.limit > 0 then
    local spare = rate.cost(claim, claim.burst) - state.ahead + 0.001
    left = math.floor(spare * claim.limit / claim.period)
  end
  local wait = (taken or not claim.refuses) and 0 or rate.wait(claim, state)
  return 0, 0, left, wait, math.ceil(state.ahead - 0.001)
end

function concurrency.load(key)
  local held = tonumber(redis.call('GET', key)) or 0
  return {held = held, idle = held == 0}
end
function concurrency.fits(claim, state) return state.held + claim.amount <= claim.limit end
function concurrency.take(claim, state) state.held = state.held + claim.amount end
function concurrency.standing(claim, state)
  return 0, math.min(state.held, most), add(claim.limit, -state.held), 0, 0
end
function concurrency.save(key, state, claim)
  redis.call('SET', key, whole(state.held))
  if state.idle then remember(claim, '+inf') end
end

-- Each claim finds what those before it took of the same counter.
local states = {}
local function state_of(claim)
  local key, measure = key_of(claim), measures[claim.measure]
  states[key] = states[key] or measure.load(key)
  if measure.enter then measure.enter(claim, states[key]) end
  return states[key], measure
end

local refused = 0
for i, claim in ipairs(claims) do
  local state, measure = state_of(claim)
  if claim.refuses and not measure.fits(claim, state) then refused = i break end
  measure.take(claim, state)
end

if refused > 0 then states = {} end
local answer = {refused > 0 and 1 or 0, math.max(refused - 1, 0)}
for _, claim in ipairs(claims) do
  local state, measure = state_of(claim)
  local used, held, left, wait, full = measure.standing(claim, state, refused == 0)
  for _, number in ipairs({used, held, left, wait, full, state.from or 0, state.till or 0}) do
    table.insert(answer, number)
  end
end
if refused > 0 then return answer end

local record = {claims = {}, row = {}}
for i, claim in ipairs(claims) do
  local key = key_of(claim)
  if states[key] then measures[claim.measure].save(key, states[key], claim) end
  states[key] = nil
  record.claims[i] = {measure = claim.measure, name = claim.name, amount = claim.amount,
    generation = claim.generation, period = claim.period, limit = claim.limit}
end
for i = next_word, #ARGV do table.insert(record.row, ARGV[i]) end
redis.call('HSET', root .. ':holds:' .. host, number, cmsgpack.pack(record))
redis.call('ZADD', root .. ':hosts', whole(now_ms + lease_ms), host)
return answer
)lua";

constexpr std::string_view k_settle = R"lua(
-- A settlement of another epoch leaves its number, so that its hold is not given again behind it.
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
)lua";

// How long a budget is kept after its window: longer than any call of it.
constexpr std::int64_t k_kept_ms = 2 * 24 * 3'600'000;
// How long a rate that is complete and a concurrency that nobody holds are kept.
constexpr std::int64_t k_idle_ms = 60'000;
// How long a host may come back to correct what others settled for it.
constexpr std::int64_t k_settled_ms = 24 * 3'600'000;

}  // namespace

Scripts redis_scripts(const RedisSettings& settings) {
    const std::string constants = fmt::format(
        "local rows_max, keep_ms, counters_max, lease_ms = {}, {}, {}, {}\n"
        "local settled_ms, kept_ms, idle_ms = {}, {}, {}\n",
        settings.usage_rows_max, settings.keep_usage_ms, settings.counters_max, settings.lease_ms,
        k_settled_ms, k_kept_ms, k_idle_ms);
    const auto script = [&](std::initializer_list<std::string_view> parts) {
        std::string text = constants + std::string(k_common);
        for (const std::string_view part : parts) text += part;
        return text;
    };
    return {script({k_claims, k_room, k_hold}),
            script({k_settle_parts, k_settle}),
            script({k_renew}),
            script({k_settle_parts, k_reap}),
            script({k_thin}),
            script({k_leave}),
            script({k_counters}),
            script({k_reset})};
}

std::string redis_root(const RedisSettings& settings) { return "{" + settings.prefix + "}"; }

}  // namespace bw::ledger
