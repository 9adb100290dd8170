#include "policy/cost.hpp"

#include <algorithm>
#include <limits>

namespace bw::policy {
namespace {

// A product of tokens and price does not fit 64 bits: 10^12 tokens at 10^12 is allowed.
__extension__ using Wide = __int128;

constexpr Wide k_tokens_per_price = 1'000'000;

}  // namespace

std::optional<std::int64_t> cost_of(const Usage& usage, const config::Price* price) {
    if (price == nullptr || usage.source == UsageSource::none || usage.input_tokens < 0) {
        return std::nullopt;
    }
    const std::int64_t cached =
        std::clamp<std::int64_t>(usage.cached_input_tokens, 0, usage.input_tokens);
    const std::int64_t output = std::max<std::int64_t>(usage.output_tokens, 0);
    const Wide total = Wide(usage.input_tokens - cached) * price->input +
                       Wide(cached) * price->cached_input + Wide(output) * price->output;
    const Wide cost = (total + k_tokens_per_price - 1) / k_tokens_per_price;
    constexpr Wide k_max = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(cost, k_max));
}

std::optional<std::int64_t> list_cost_of(const Usage& usage, const config::Price* price) {
    if (price == nullptr || !price->list_input || !price->list_output) return std::nullopt;
    const config::Price list{.input = *price->list_input,
                             .cached_input = *price->list_input,
                             .output = *price->list_output};
    return cost_of(usage, &list);
}

}  // namespace bw::policy
