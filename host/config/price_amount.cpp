#include "config/price_amount.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/meant.hpp"
#include "config/money.hpp"
#include "config/rule_amount.hpp"

namespace bw::config {
namespace {

constexpr std::size_t k_steps_max = 16;
constexpr std::size_t k_names_max = 32;
constexpr std::size_t k_name_bytes_max = 64;
constexpr std::string_view k_each_expected = "US dollars for one of them, such as \"0.01 USD\"";

void wrong_amount(Section& section, const Text& given, std::string_view key, AmountFault fault,
                  std::string_view expected) {
    const std::string subject = fmt::format("{} = {}", section.full(key), in_quotes(given.value));
    Report& report = section.report();
    switch (fault) {
        case AmountFault::without_unit:
            return report.error(given.at, subject + " has no unit", std::string(expected),
                                fmt::format("did you mean \"{} USD\"?", given.value));
        case AmountFault::too_fine:
            return report.error(given.at, subject + " is finer than a millionth of a dollar",
                                "at most six digits behind the point");
        case AmountFault::too_large:
            return report.error(given.at, subject + " is out of range",
                                "\"0 USD\" to \"1000000 USD\"");
        case AmountFault::malformed: break;
    }
    const std::string meant = meant_amount(given.value);
    report.error(given.at, subject + " is not an amount", std::string(expected),
                 meant.ends_with("USD\"?") ? meant : std::string());
}

std::int64_t required_amount(Section& section, std::string_view key, std::string_view what) {
    if (!section.has(key)) {
        section.find(key);
        section.report().absent(section.at(), {std::string(key)},
                                fmt::format("{} has no {}", what, key),
                                std::string(k_price_expected));
    }
    return read_price_amount(section, key, k_price_expected).value_or(0);
}

// The names in a table of them, which are the provider's own words.
std::vector<Text> names_in(Section& owner, std::string_view key, Section& table) {
    std::vector<Text> names = table.rest();
    const auto limit = [&](bool broken, const Text& name, std::string expected) {
        if (broken) {
            owner.report().error(name.at, fmt::format("{} has too much in it", owner.full(key)),
                                 std::move(expected));
        }
        return broken;
    };
    if (!names.empty() && limit(names.size() > k_names_max, names.front(),
                                fmt::format("at most {} names", k_names_max))) {
        names.resize(k_names_max);
    }
    std::erase_if(names, [&](const Text& name) {
        const bool broken = name.value.empty() || name.value.size() > k_name_bytes_max;
        return limit(broken, name, fmt::format("names of 1 to {} bytes", k_name_bytes_max));
    });
    return names;
}

std::optional<PriceStep> read_step(Section& section) {
    PriceStep step;
    const Position at = section.at();
    const auto prompt = read_budget_amount(section, "prompt");
    step.prices = read_call_prices(section, "a step of a price");
    section.finish();
    if (prompt && prompt->unit == BudgetUnit::tokens && prompt->amount > 0) {
        step.prompt_tokens = prompt->amount;
        return step;
    }
    if (prompt || !section.has("prompt")) {
        section.report().error(at, "a step of a price does not say from which prompt on",
                               "prompt = \"200 ktok\": it holds for longer ones");
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> read_price_amount(Section& section, std::string_view key,
                                              std::string_view expected) {
    const toml::node* node = section.find(key);
    if (node == nullptr) return std::nullopt;
    const auto* text = node->as_string();
    if (text == nullptr) {
        section.wrong_type(section.full(key), *node, std::string(expected));
        return std::nullopt;
    }
    const auto parsed = parse_amount(text->get());
    if (parsed) return *parsed;
    wrong_amount(section, {text->get(), position_of(*node)}, key, parsed.error(), expected);
    return std::nullopt;
}

CallPrices read_call_prices(Section& section, std::string_view what) {
    CallPrices prices;
    prices.input = required_amount(section, "input", what);
    prices.output = required_amount(section, "output", what);
    prices.cached_input =
        read_price_amount(section, "cached_input", k_price_expected).value_or(prices.input);
    for (const auto& [name, part] : k_part_prices) {
        prices.parts.*part = read_price_amount(section, name, k_price_expected);
    }
    return prices;
}

std::vector<PriceStep> read_price_steps(Section& section) {
    std::vector<PriceStep> steps;
    auto entries = section.tables("above");
    if (!entries) return steps;
    for (Section& entry : *entries) {
        if (steps.size() == k_steps_max) {
            section.report().error(entry.at(), "a price has too many steps",
                                   fmt::format("at most {}", k_steps_max));
            break;
        }
        const Position at = entry.at();
        const auto step = read_step(entry);
        if (!step) continue;
        if (std::ranges::find(steps, step->prompt_tokens, &PriceStep::prompt_tokens) !=
            steps.end()) {
            section.report().error(at,
                                   fmt::format("a second step above {} tok", step->prompt_tokens));
        }
        steps.push_back(*step);
    }
    std::ranges::sort(steps, {}, &PriceStep::prompt_tokens);
    return steps;
}

std::vector<TierPrice> read_price_tiers(Section& section) {
    std::vector<TierPrice> tiers;
    auto table = section.table("tiers");
    if (!table) return tiers;
    for (const Text& name : names_in(section, "tiers", *table)) {
        auto entry = table->table(name.value);
        if (!entry) continue;
        TierPrice& tier = tiers.emplace_back();
        tier.name = name.value;
        tier.prices = read_call_prices(*entry, "a tier of a price");
        tier.above = read_price_steps(*entry);
        entry->finish();
    }
    return tiers;
}

std::vector<UnitPrice> read_unit_prices(Section& section) {
    std::vector<UnitPrice> units;
    auto table = section.table("units");
    if (!table) return units;
    for (const Text& name : names_in(section, "units", *table)) {
        const auto each = read_price_amount(*table, name.value, k_each_expected);
        if (each) units.push_back({name.value, *each});
    }
    return units;
}

}  // namespace bw::config
