// Which of a price's figures hold for a call: by the length of its prompt and by its service tier.
// Pure, in whole numbers.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/usage.hpp"
#include "config/price.hpp"

namespace bw::policy {

// Millionths of a dollar for a million tokens; a part without a price of its own has that of the
// rest.
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

// What a call that used so much is billed at. A tier that the price does not know is billed at the
// dearest that it knows.
Rates rates_of(const config::Price& price, const Usage& used);

// The most that a call of at most so much can be billed at: it may end in any step up to the length
// of its prompt and, if it does not say which, in any tier.
Rates dearest_rates(const config::Price& price, const Usage& most);

// False for a tier that may be dearer than the ones whose prices are known.
bool knows_tier(const config::Price& price, std::string_view tier);

// Null: no price for it.
const config::UnitPrice* unit_price(const config::Price& price, std::string_view unit);

}  // namespace bw::policy
