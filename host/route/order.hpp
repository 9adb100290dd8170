// Puts the targets of a route in the order in which a call tries them. Pure: what chance decides
// follows from the numbers in `Draw`.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "config/routing.hpp"
#include "route/target_health.hpp"

namespace bellwether::route {

// A target as order() sees it.
struct Contender {
    std::uint32_t tier = 1;
    std::uint32_t weight = 1;  // 0: last in its tier, where the strategy looks at weights
    Service service = Service::in;
    Clock::time_point out_since{};                    // unless it is in service
    std::optional<std::chrono::nanoseconds> latency;  // nothing: never measured
    std::uint32_t under_way = 0;                      // tries at it
    std::optional<std::int64_t> cost_micro_usd;       // nothing: not known
    std::uint64_t identity = 0;                       // hash of its provider's name and its model
};

struct Draw {
    std::uint64_t random = 0;  // each value of 64 bits as likely as any other
    std::uint64_t sticky = 0;  // hash of what a sticky route looks at
};

// Returns the indexes of the contenders in the order of trying: those of a lower tier first, within
// a tier as its strategy says. The i-th lowest tier has the i-th strategy, or the last one.
// Contenders that are out of service come last, those that have been out the longest first. But at
// most half of all stay out, rounded down, those that have been out the longest: `service` of the
// others becomes `in`. One whose trial is due counts as out for this half, and stands where it
// would stand in service.
std::vector<std::size_t> order(std::span<Contender> contenders,
                               std::span<const config::Strategy> strategies, const Draw& draw);

// The same on every machine and in every run.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed = 0);

}  // namespace bellwether::route
