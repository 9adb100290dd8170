#include "ledger/gcra.hpp"

#include <algorithm>

#include "ledger/amount.hpp"

namespace bellwether::ledger {
namespace {

constexpr std::int64_t k_worth_max_ns = std::int64_t{1} << 61;

// The quotient rounded up; neither number may be below 0. Most numbers fit into 64 bits and are
// divided as such, as a division of 128 bits takes ten times as long.
Wide ceiling(Wide dividend, Wide divisor) {
    const Wide sum = dividend + divisor - 1;
    if (sum > INT64_MAX || divisor > INT64_MAX) return sum / divisor;
    return static_cast<std::int64_t>(sum) / static_cast<std::int64_t>(divisor);
}

std::int64_t worth(std::int64_t units, std::int64_t limit, std::int64_t period_us) {
    if (units <= 0) return 0;
    if (limit <= 0 || period_us <= 0) return k_worth_max_ns;
    const auto exact = ceiling(Wide{units} * period_us, limit);
    if (exact > k_worth_max_ns / 1000) return k_worth_max_ns;
    return clamped(ceiling(Wide{units} * period_us * 1000, limit));
}

// How many units are missing from the burst, by the time until it is complete again.
std::int64_t owed(const RateState& rate, std::int64_t limit, std::int64_t period_us,
                  std::int64_t now_ns) {
    if (rate.full_ns <= now_ns || limit <= 0 || period_us <= 0) return 0;
    const Wide owed_ns = Wide{rate.full_ns} - now_ns;
    return clamped(ceiling(owed_ns * limit, Wide{period_us} * 1000));
}

std::int64_t burst(const Claim& claim) { return std::max<std::int64_t>(claim.burst, 1); }

bool possible(const Claim& claim) {
    return claim.amount <= burst(claim) && (claim.limit > 0 || claim.amount <= 0);
}

// By how many nanoseconds the claim would exceed the burst now; 0 or less if it fits.
Wide excess_ns(const RateState& rate, const Claim& claim, std::int64_t now_ns) {
    return Wide{std::max(rate.full_ns, now_ns)} + worth_ns(claim, claim.amount) -
           worth_ns(claim, burst(claim)) - now_ns;
}

}  // namespace

std::int64_t worth_ns(const Claim& claim, std::int64_t units) {
    return worth(units, claim.limit, claim.period_us);
}

bool fits(const RateState& rate, const Claim& claim, std::int64_t now_ns) {
    return possible(claim) && excess_ns(rate, claim, now_ns) <= 0;
}

void take(RateState& rate, const Claim& claim, std::int64_t now_ns) {
    rate.full_ns = add_clamped(std::max(rate.full_ns, now_ns), worth_ns(claim, claim.amount));
}

void correct(RateState& rate, const Claim& claim, std::int64_t used) {
    const auto difference = Wide{worth_ns(claim, used)} - worth_ns(claim, claim.amount);
    rate.full_ns = clamped(Wide{rate.full_ns} + difference);
}

void adopt(RateState& rate, const Claim& claim, std::int64_t now_ns) {
    if (rate.limit == claim.limit && rate.period_us == claim.period_us) return;
    const auto units = owed(rate, rate.limit, rate.period_us, now_ns);
    if (units > 0) rate.full_ns = add_clamped(now_ns, worth_ns(claim, units));
    rate.limit = claim.limit;
    rate.period_us = claim.period_us;
}

Standing standing(const RateState& rate, const Claim& claim, std::int64_t now_ns, bool refused) {
    Standing stands;
    if (claim.limit > 0) {
        stands.left =
            clamped(Wide{burst(claim)} - owed(rate, claim.limit, claim.period_us, now_ns));
    }
    stands.full_us = clamped(ceiling(std::max<Wide>(Wide{rate.full_ns} - now_ns, 0), 1000));
    if (!refused) return stands;
    if (!possible(claim)) {
        stands.wait_us = -1;
    } else {
        stands.wait_us = clamped(ceiling(std::max<Wide>(excess_ns(rate, claim, now_ns), 0), 1000));
    }
    return stands;
}

}  // namespace bellwether::ledger
