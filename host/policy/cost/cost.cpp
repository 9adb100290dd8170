#include "policy/cost/cost.hpp"

#include <algorithm>
#include <limits>

#include "policy/cost/rates.hpp"

namespace bellwether::policy {
namespace {

// A product of tokens and price does not fit 64 bits: 10^12 tokens at 10^12 is allowed.
__extension__ using Wide = __int128;

constexpr Wide k_tokens_per_price = 1'000'000;

// Takes parts out of a number of tokens, never more than are left, and prices each.
class Remaining {
  public:
    explicit Remaining(std::int64_t tokens) : left_(std::max<std::int64_t>(tokens, 0)) {}

    // Takes `part` tokens and gives their cost at `rate`.
    Wide take(std::int64_t part, std::int64_t rate) {
        const std::int64_t taken = std::clamp<std::int64_t>(part, 0, left_);
        left_ -= taken;
        return Wide(taken) * rate;
    }
    Wide rest(std::int64_t rate) { return take(left_, rate); }

  private:
    std::int64_t left_;
};

Wide input_cost(const Usage& usage, const Rates& rates) {
    Remaining input(usage.input_tokens);
    const std::int64_t written = std::max<std::int64_t>(usage.cache_write_tokens, 0);
    const std::int64_t for_an_hour =
        std::clamp<std::int64_t>(usage.cache_write_1h_tokens, 0, written);
    return input.take(usage.cached_input_tokens, rates.cached_input) +
           input.take(for_an_hour, rates.cache_write_1h) +
           input.take(written - for_an_hour, rates.cache_write) +
           input.take(usage.audio_input_tokens, rates.audio_input) +
           input.take(usage.image_input_tokens, rates.image_input) + input.rest(rates.input);
}

Wide output_cost(const Usage& usage, const Rates& rates) {
    Remaining output(usage.output_tokens);
    const bool thinks = usage.thought || usage.reasoning_tokens > 0;
    return output.take(usage.audio_output_tokens, rates.audio_output) +
           output.take(usage.image_output_tokens, rates.image_output) +
           output.rest(thinks ? rates.thinking_output : rates.output);
}

// Prices all tokens at the highest rate that may apply. The rates of sound and pictures in a prompt
// apply unless their figure is 0, which says that there are none.
Wide cost_at_most(const Usage& usage, const Rates& rates) {
    std::int64_t input =
        std::max({rates.input, rates.cached_input, rates.cache_write, rates.cache_write_1h});
    if (usage.audio_input_tokens != 0) input = std::max(input, rates.audio_input);
    if (usage.image_input_tokens != 0) input = std::max(input, rates.image_input);
    const std::int64_t output =
        std::max({rates.output, rates.thinking_output, rates.audio_output, rates.image_output});
    return Remaining(usage.input_tokens).rest(input) + Remaining(usage.output_tokens).rest(output);
}

Wide units_cost(const Usage& usage, const config::Price& price) {
    Wide sum = 0;
    for (const UsedUnit& unit : usage.units) {
        const config::UnitPrice* const known = unit_price(price, unit.name);
        if (known != nullptr) sum += Wide(unit.count) * known->each * k_tokens_per_price;
    }
    return sum;
}

}  // namespace

std::optional<std::int64_t> cost_at_least(const Usage& usage, const config::Price* price) {
    if (usage.source == UsageSource::none) return std::nullopt;
    if (price == nullptr && usage.cost_nano_usd > 0) return (usage.cost_nano_usd + 999) / 1'000;
    if (price == nullptr || usage.input_tokens < 0) return std::nullopt;
    const auto tokens = [&] {
        if (usage.source == UsageSource::estimate) {
            return cost_at_most(usage, dearest_rates(*price, usage));
        }
        const Rates rates = rates_of(*price, usage);
        return input_cost(usage, rates) + output_cost(usage, rates);
    };
    const Wide total = tokens() + units_cost(usage, *price);
    const Wide cost = (total + k_tokens_per_price - 1) / k_tokens_per_price;
    constexpr Wide k_max = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(cost, k_max));
}

std::optional<std::int64_t> cost_of(const Usage& usage, const config::Price* price) {
    if (price != nullptr && !std::ranges::all_of(usage.units, [price](const UsedUnit& unit) {
            return unit.count == 0 || unit_price(*price, unit.name) != nullptr;
        })) {
        return std::nullopt;
    }
    return cost_at_least(usage, price);
}

std::optional<std::int64_t> list_cost_of(const Usage& usage, const config::Price* price) {
    if (price == nullptr || !price->list_input || !price->list_output) return std::nullopt;
    const config::Price list{.input = *price->list_input,
                             .cached_input = *price->list_input,
                             .output = *price->list_output};
    return cost_at_least(usage, &list);
}

}  // namespace bellwether::policy
