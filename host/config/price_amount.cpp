#include "config/price_amount.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/meant.hpp"
#include "config/money.hpp"
#include "config/rule.hpp"
#include "config/sections.hpp"

namespace bellwether::config {
namespace {

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
            return report.error(given.at, subject + " is out of range", amount_range());
        case AmountFault::malformed: break;
    }
    const std::string meant = meant_amount(given.value);
    report.error(given.at, subject + " is not an amount", std::string(expected),
                 meant.ends_with("USD\"?") ? meant : std::string());
}

constexpr Worded k_prompt{"tokens", R"("type": "string")"};

// The key of a price of a part. Its name is in the table k_part_prices.
template <auto part>
constexpr KeyOf<CallPrices> part_key(std::string_view meaning, std::string_view usual) {
    const auto* named = std::ranges::find(k_part_prices, part, &NamedPartPrice::price);
    return key<&CallPrices::parts, part>(named->name, Amount{}, meaning, usual);
}

constexpr std::string_view k_as_input = "that of `input`";
constexpr std::string_view k_as_output = "that of `output`";

constexpr KeyOf<CallPrices> k_call_keys[] = {
    key<&CallPrices::input>("input", Amount{}, "for the prompt", k_required),
    key<&CallPrices::output>("output", Amount{}, "for what is generated, reasoning included",
                             k_required),
    key<&CallPrices::cached_input>("cached_input", Amount{},
                                   "for the part of the prompt that was read from a cache",
                                   k_as_input),
    part_key<&PartPrices::cache_write_input>("for the part that was written to a cache",
                                             k_as_input),
    part_key<&PartPrices::cache_write_input_1h>("for what of that is kept for an hour",
                                                "that of `cache_write_input`"),
    part_key<&PartPrices::audio_input>("for the parts of the prompt that were sound", k_as_input),
    part_key<&PartPrices::image_input>("for the parts of the prompt that were pictures",
                                       k_as_input),
    part_key<&PartPrices::audio_output>("for the parts of the answer that were sound", k_as_output),
    part_key<&PartPrices::image_output>("for the parts of the answer that were pictures",
                                        k_as_output),
    part_key<&PartPrices::thinking_output>("for the whole answer, if there was any reasoning in it",
                                           k_as_output),
};

// The keys of a table of tiers or units. They are the provider's own words, so any name will do.
std::vector<Text> names_in(Section& owner, std::string_view key, Section& table, Most most) {
    std::vector<Text> names = table.rest();
    const auto limit = [&](bool broken, const Text& name, std::string expected) {
        if (broken) {
            owner.report().error(name.at, fmt::format("{} has too much in it", owner.full(key)),
                                 std::move(expected));
        }
        return broken;
    };
    if (!names.empty() && limit(names.size() > most.number, names.front(),
                                fmt::format("at most {} names", most.number))) {
        names.resize(most.number);
    }
    std::erase_if(names, [&](const Text& name) {
        const bool broken = name.value.empty() || name.value.size() > most.bytes;
        return limit(broken, name, fmt::format("names of 1 to {} bytes", most.bytes));
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
    read_keys<CallPrices>(section, k_call_keys, prices);
    if (!section.has("cached_input")) prices.cached_input = prices.input;
    for (const auto& one : k_call_keys) {
        if (one.facts.usual != k_required || section.has(one.facts.name)) continue;
        section.missing(one.facts.name, fmt::format("{} has no {}", what, one.facts.name),
                        std::string(k_price_expected));
    }
    return prices;
}

std::vector<PriceStep> read_price_steps(Section& section) {
    std::vector<PriceStep> steps;
    auto entries = section.tables("above");
    if (!entries) return steps;
    for (Section& entry : *entries) {
        if (steps.size() == k_steps.most.number) {
            section.report().error(entry.at(), "a price has too many steps",
                                   fmt::format("at most {}", k_steps.most.number));
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
    for (const Text& name : names_in(section, "tiers", *table, k_tiers.most)) {
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
    for (const Text& name : names_in(section, "units", *table, k_units.most)) {
        const auto each = read_price_amount(*table, name.value, k_each_expected);
        if (each) units.push_back({name.value, *each});
    }
    return units;
}

void write_call_prices(json::PrettyWriter& writer, const CallPrices& prices) {
    write_keys<CallPrices>(writer, k_call_keys, prices);
}

void write_steps(json::PrettyWriter& writer, const std::vector<PriceStep>& steps) {
    if (steps.empty()) return;
    writer.key("above").begin_array();
    for (const auto& step : steps) {
        writer.begin_object().field("prompt", fmt::format("{} tok", step.prompt_tokens));
        write_call_prices(writer, step.prices);
        writer.end_object();
    }
    writer.end_array();
}

void write_tiers(json::PrettyWriter& writer, const std::vector<TierPrice>& tiers) {
    if (tiers.empty()) return;
    writer.key("tiers").begin_object();
    for (const auto& tier : tiers) {
        writer.key(tier.name).begin_object();
        write_call_prices(writer, tier.prices);
        write_steps(writer, tier.above);
        writer.end_object();
    }
    writer.end_object();
}

void write_units(json::PrettyWriter& writer, const std::vector<UnitPrice>& units) {
    if (units.empty()) return;
    writer.key("units").begin_object();
    for (const auto& unit : units) writer.field(unit.name, format_usd(unit.each) + " USD");
    writer.end_object();
}

std::vector<Row> call_price_rows() { return rows_of<CallPrices>(k_call_keys); }

std::vector<SectionFacts> price_part_sections() {
    SectionFacts step{
        "step", {}, "What a whole call costs whose prompt is longer", call_price_rows()};
    step.rows.emplace_back().facts = {"prompt", k_prompt, "longer prompts than this", k_required};
    SectionFacts tier{"tier", {}, "What calls in a service tier cost", call_price_rows()};
    tier.rows.emplace_back().facts = {"above", k_steps, "steps of its own", "none"};
    return {std::move(step), std::move(tier)};
}

}  // namespace bellwether::config
