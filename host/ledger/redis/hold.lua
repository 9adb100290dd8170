-- Gives a hold, or says which claim refuses it. The part claims.lua stands before this one: from it
-- come `claims`, `host`, `number` and `next_word`.
-- Answers: 0 (held) or 1 (refused), the index of the claim that refuses; then for each claim used,
-- held, left, wait, full, and start and end of its window.

function budget.load(key)
  local f = redis.call('HMGET', key, 'generation', 'start', 'end', 'used', 'held')
  return {generation = f[1], from = tonumber(f[2]), till = tonumber(f[3]),
    used = tonumber(f[4]) or 0, held = tonumber(f[5]) or 0, old = {}}
end

-- Moves the counter to the claim's window if that one starts later. If it starts at the same time,
-- or ends later, the rule was edited: the counter takes it over and keeps its amounts. While calls
-- still hold something in an old window, its fields are kept with "@GENERATION" behind their names.
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

-- The time that an amount is worth, in microseconds. Doubles do not hold such times exactly, so the
-- functions below allow for 0.001 microseconds wherever they round or compare.
function rate.cost(claim, amount)
  if claim.limit == 0 then return amount == 0 and 0 or math.huge end
  return amount * claim.period / claim.limit
end
-- If the rule was edited, the units that the rate is owed stay, and their time is reckoned anew.
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

-- The states by key, so that a claim sees what the claims before it have taken from its counter.
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
