// Chooses the figures of a price that apply to a call, by the length of its prompt and by its
// service tier. Pure, in whole numbers.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/usage.hpp"
#include "config/price.hpp"

namespace bellwether::policy {

// In millionths of a US dollar for a million tokens. A part without a price of its own has the
// price of the whole that it is a part of.
struct Rates {
    std::int64_t input = 0;
    std::int64_t cached_input = 0;
    std::int64_t cache_write = 0;
    std::int64_t cache_write_1h = 0;
    std::int64_t audio_input = 0;
    std::int64_t image_input = 0;
    std::int64_t output = 0;
    std::int64_t thinking_output = 0;
    std::int64_t audio_output = 0;
    std::int64_t image_output = 0;
};

// The rates at which a call of this usage is billed. A tier that the price does not know is billed
// at the highest rates that it knows.
Rates rates_of(const config::Price& price, const Usage& used);

// The highest rates at which a call may be billed that uses no more than `most`. It may end in any
// step up to the length of its prompt and, if it names no tier, in any tier.
Rates dearest_rates(const config::Price& price, const Usage& most);

// True if the tier has a price of its own, or is known to cost no more than the usual price.
bool knows_tier(const config::Price& price, std::string_view tier);

// The price of a unit that is billed by the piece; null: there is none.
const config::UnitPrice* unit_price(const config::Price& price, std::string_view unit);

}  // namespace bellwether::policy
