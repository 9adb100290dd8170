// Arithmetic on amounts: a sum that is too great for 64 bits becomes the greatest number instead of
// a negative one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace bellwether::ledger {

// Wide enough for any sum or product of two amounts.
__extension__ typedef __int128 Wide;

constexpr std::int64_t clamped(Wide value) {
    constexpr Wide least = std::numeric_limits<std::int64_t>::min();
    constexpr Wide greatest = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::clamp(value, least, greatest));
}

constexpr std::int64_t add_clamped(std::int64_t left, std::int64_t right) {
    return clamped(Wide{left} + right);
}

// An amount below 0 counts as 0: nothing less than nothing can be claimed or used.
constexpr std::int64_t at_least_zero(std::int64_t amount) {
    return std::max<std::int64_t>(amount, 0);
}

}  // namespace bellwether::ledger
