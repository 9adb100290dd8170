// The keys hedge and shadow of [[routes]]: a call goes to a second target as well.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <optional>

#include "config/choosing.hpp"
#include "config/pattern.hpp"
#include "config/sections.hpp"

namespace bellwether::config {
namespace {

constexpr Quantity k_hedge_time{k_duration, R"("800ms" or "2s", or "p95")", "ms", 1, 600'000};
constexpr std::uint32_t k_percentile_min = 50;
constexpr std::uint32_t k_percentile_max = 99;

constexpr Worded k_share{R"(`"1%"` to `"100%"`)",
                         R"("type": "string", "pattern": "^([1-9][0-9]?|100)%$")"};

// The number of "p95"; nothing: the text is no percentile.
std::optional<std::uint32_t> percentile_of(std::string_view text) {
    if (text.size() != 3 || !text.starts_with('p')) return std::nullopt;
    return whole_number<std::uint32_t>(text.substr(1));
}

constexpr std::string_view k_copies_expected = R"(a whole percent from "1%" to "100%")";

// The share that a number without quotes was meant for: 0.5, or 50, is "50%".
std::string meant_share(const toml::node& node) {
    const double number = node.value<double>().value_or(0);
    const double percent = node.is_floating_point() && number <= 1 ? number * 100 : number;
    if (!(percent >= 1 && percent <= 100)) return {};
    return fmt::format("did you mean \"{:.0f}%\"?", percent);
}

// A whole percent, "5%".
void read_share(Section& section, std::string_view key, Shadow& shadow) {
    if (const toml::node* node = section.find(key); node != nullptr && node->is_number()) {
        return section.error(position_of(*node), key, fmt::format("is {}", type_of(*node)),
                             std::string(k_copies_expected), meant_share(*node));
    }
    const auto given = section.text(key);
    if (!given) return;
    const std::string_view text = given->value;
    const auto number = whole_number<std::uint32_t>(text.substr(0, text.find('%')));
    if (number && text == fmt::format("{}%", *number) && *number >= 1 && *number <= 100) {
        shadow.percent = *number;
        return;
    }
    const bool bare = number && text.find('%') == text.npos;
    section.error(given->at, key, fmt::format("= {} is no share of the calls", in_quotes(text)),
                  std::string(k_copies_expected),
                  bare ? fmt::format("did you mean \"{}%\"?", *number) : "");
}

void read_shadow_model(Section& section, std::string_view key, Shadow& shadow) {
    auto model = section.text(key);
    if (!model) return;
    if (is_glob(model->value)) {
        section.error(model->at, key, fmt::format("= {} is a pattern", in_quotes(model->value)),
                      "the name of one model, as the provider calls it");
    }
    shadow.to.model = std::move(model->value);
}

// `to` is read and written apart: it needs the list of the providers.
constexpr KeyOf<Shadow> k_shadow_keys[] = {
    key<Shadow>("to", k_text, "the provider's name", nullptr, nullptr, k_required),
    {.facts = {"model", k_text, "what the provider calls the model",
               "the name that the client used, aliases followed"},
     .read = read_shadow_model,
     .get = [](const Shadow& shadow) -> Value { return shadow.to.model; },
     .is_shown = [](const Shadow& shadow) { return !shadow.to.model.empty(); }},
    key<Shadow>(
        "share", k_share, "of the route's calls", read_share,
        [](const Shadow& shadow) -> Value { return fmt::format("{}%", shadow.percent); },
        k_required),
};

}  // namespace

void read_hedge(Section& section, std::string_view key, Route& route) {
    const toml::node* node = section.find(key);
    const auto* text = node == nullptr ? nullptr : node->as_string();
    const auto percentile = text == nullptr ? std::nullopt : percentile_of(text->get());
    if (!percentile) {
        const auto after = section.quantity(key, k_hedge_time);
        if (after) route.hedge = Hedge{.after = milliseconds(*after)};
    } else if (*percentile < k_percentile_min || *percentile > k_percentile_max) {
        section.error(position_of(*node), key,
                      fmt::format("= {} is out of range", in_quotes(text->get())),
                      fmt::format(R"("p{}" to "p{}")", k_percentile_min, k_percentile_max));
    } else {
        route.hedge = Hedge{.percentile = *percentile};
    }
}

std::string text_of(const Hedge& hedge) {
    return hedge.percentile == 0 ? duration_text(hedge.after)
                                 : fmt::format("p{}", hedge.percentile);
}

void read_shadow(Section& section, std::string_view key, const TargetScope& scope, Route& route) {
    auto table = section.table(key);
    if (!table) return;
    const auto provider = table->text("to");
    auto target = provider ? target_of(*provider, scope, table->report()) : std::nullopt;
    Shadow shadow{.to = target.value_or(Target{})};
    read_keys<Shadow>(*table, k_shadow_keys, shadow);
    table->finish();
    if (!table->has("to")) table->missing("to", "a shadow names no provider", "to = \"NAME\"");
    if (!table->has("share")) table->missing("share", "a shadow has no share", "share = \"5%\"");
    shadow.to.at = table->at();
    if (target) route.shadow = std::move(shadow);
}

void write_shadow(json::PrettyWriter& writer, const Config& config, const Route& route) {
    if (!route.shadow) return;
    writer.key("shadow").begin_object();
    writer.field("to", config.providers[route.shadow->to.provider].name);
    write_keys<Shadow>(writer, k_shadow_keys, *route.shadow);
    writer.end_object();
}

SectionFacts shadow_section() {
    return {"shadow", "`shadow`", "Where copies of a route's calls go",
            rows_of<Shadow>(k_shadow_keys)};
}

}  // namespace bellwether::config
