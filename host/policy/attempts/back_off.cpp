#include "policy/attempts/back_off.hpp"

#include <algorithm>

namespace bellwether::policy {
namespace {

// A share of `whole` between zero and all of it, in steps of a 65,536th.
Clock::duration share_of(Clock::duration whole, std::uint64_t random) {
    constexpr std::int64_t k_steps = 1 << 16;
    const auto step = static_cast<std::int64_t>(random % (k_steps + 1));
    return whole / k_steps * step;
}

}  // namespace

Clock::duration back_off(const config::Retry& retry, unsigned failures,
                         std::optional<std::chrono::milliseconds> retry_after,
                         std::uint64_t random) {
    if (retry_after && retry_after->count() > 0) {
        return *retry_after + share_of(*retry_after, random) / 10;
    }
    constexpr unsigned k_doublings_max = 20;
    const unsigned doublings = std::min(failures - std::min(failures, 1U), k_doublings_max);
    return share_of(std::min(retry.longest, retry.first * (std::int64_t{1} << doublings)), random);
}

}  // namespace bellwether::policy
