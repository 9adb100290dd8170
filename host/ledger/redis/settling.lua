-- Settles the claims of a hold: for settle.lua (a host's own calls) and reap.lua (calls of a host
-- that is lost).

-- Releases what the claim held and charges what was used, both in the window that the hold was
-- given in. `late` means that another host has settled the hold at its estimate before: then only
-- the difference is charged.
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
