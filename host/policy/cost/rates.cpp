#include "policy/cost/rates.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace bellwether::policy {
namespace {

// The names that vendors have for service tiers at the usual price. What "auto" leads to is set in
// the vendor's console.
constexpr std::array<std::string_view, 6> k_usual{"",         "auto",          "default",
                                                  "standard", "standard_only", "on_demand"};
// The names of service tiers that are sold for being cheaper than usual.
constexpr std::array<std::string_view, 2> k_cheaper{"flex", "batch"};

bool is_open(std::string_view tier) { return tier.empty() || tier == "auto"; }

Rates rates(const config::CallPrices& prices) {
    const config::PartPrices& parts = prices.parts;
    const std::int64_t written = parts.cache_write_input.value_or(prices.input);
    return {.input = prices.input,
            .cached_input = prices.cached_input,
            .cache_write = written,
            .cache_write_1h = parts.cache_write_input_1h.value_or(written),
            .audio_input = parts.audio_input.value_or(prices.input),
            .image_input = parts.image_input.value_or(prices.input),
            .output = prices.output,
            .thinking_output = parts.thinking_output.value_or(prices.output),
            .audio_output = parts.audio_output.value_or(prices.output),
            .image_output = parts.image_output.value_or(prices.output)};
}

Rates usual_rates(const config::Price& price) {
    return rates({.input = price.input,
                  .cached_input = price.cached_input,
                  .output = price.output,
                  .parts = price.parts});
}

// Takes the higher of the two for each rate.
Rates dearer(const Rates& a, const Rates& b) {
    return {.input = std::max(a.input, b.input),
            .cached_input = std::max(a.cached_input, b.cached_input),
            .cache_write = std::max(a.cache_write, b.cache_write),
            .cache_write_1h = std::max(a.cache_write_1h, b.cache_write_1h),
            .audio_input = std::max(a.audio_input, b.audio_input),
            .image_input = std::max(a.image_input, b.image_input),
            .output = std::max(a.output, b.output),
            .thinking_output = std::max(a.thinking_output, b.thinking_output),
            .audio_output = std::max(a.audio_output, b.audio_output),
            .image_output = std::max(a.image_output, b.image_output)};
}

const config::TierPrice* find_tier(const config::Price& price, std::string_view name) {
    const auto found = std::ranges::find(price.tiers, name, &config::TierPrice::name);
    return found == price.tiers.end() ? nullptr : &*found;
}

// The highest step that a prompt of so many tokens is beyond; null: none.
const config::PriceStep* step_at(const std::vector<config::PriceStep>& steps, std::int64_t prompt) {
    const config::PriceStep* reached = nullptr;
    for (const config::PriceStep& step : steps) {
        if (prompt > step.prompt_tokens) reached = &step;
    }
    return reached;
}

Rates usual_rates_at(const config::Price& price, std::int64_t prompt) {
    const config::PriceStep* const step = step_at(price.above, prompt);
    return step == nullptr ? usual_rates(price) : rates(step->prices);
}

// A tier without steps of its own costs no less than the usual price at the same step.
Rates tier_rates_at(const config::Price& price, const config::TierPrice& tier,
                    std::int64_t prompt) {
    if (const auto* const own = step_at(tier.above, prompt)) return rates(own->prices);
    const Rates rates_of_tier = rates(tier.prices);
    const config::PriceStep* const step = step_at(price.above, prompt);
    if (!tier.above.empty() || step == nullptr) return rates_of_tier;
    return dearer(rates_of_tier, rates(step->prices));
}

Rates dearest_tier_at(const config::Price& price, std::int64_t prompt) {
    Rates dearest = usual_rates_at(price, prompt);
    for (const config::TierPrice& tier : price.tiers) {
        dearest = dearer(dearest, tier_rates_at(price, tier, prompt));
    }
    return dearest;
}

// The highest rates for a call that asks for the tier `asked`: it may be served in that tier or at
// the usual price. If it leaves the tier open, or asks for an unknown one, any tier may serve it.
Rates dearest_at(const config::Price& price, std::string_view asked, std::int64_t prompt) {
    if (is_open(asked) || !knows_tier(price, asked)) return dearest_tier_at(price, prompt);
    const Rates usual = usual_rates_at(price, prompt);
    const config::TierPrice* const tier = find_tier(price, asked);
    return tier == nullptr ? usual : dearer(usual, tier_rates_at(price, *tier, prompt));
}

}  // namespace

Rates rates_of(const config::Price& price, const Usage& used) {
    if (const auto* const tier = find_tier(price, used.service_tier)) {
        return tier_rates_at(price, *tier, used.input_tokens);
    }
    if (knows_tier(price, used.service_tier)) return usual_rates_at(price, used.input_tokens);
    return dearest_tier_at(price, used.input_tokens);
}

Rates dearest_rates(const config::Price& price, const Usage& most) {
    Rates dearest = dearest_at(price, most.service_tier, 0);
    const auto reach = [&](const std::vector<config::PriceStep>& steps) {
        for (const config::PriceStep& step : steps) {
            if (most.input_tokens <= step.prompt_tokens) continue;
            dearest = dearer(dearest, dearest_at(price, most.service_tier, step.prompt_tokens + 1));
        }
    };
    reach(price.above);
    for (const config::TierPrice& tier : price.tiers) reach(tier.above);
    return dearest;
}

bool knows_tier(const config::Price& price, std::string_view tier) {
    return std::ranges::find(k_usual, tier) != k_usual.end() ||
           std::ranges::find(k_cheaper, tier) != k_cheaper.end() ||
           find_tier(price, tier) != nullptr;
}

const config::UnitPrice* unit_price(const config::Price& price, std::string_view unit) {
    const auto found = std::ranges::find(price.units, unit, &config::UnitPrice::name);
    return found == price.units.end() ? nullptr : &*found;
}

}  // namespace bellwether::policy
