// price_files and [[prices]].
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "config/named_file.hpp"
#include "config/pattern.hpp"
#include "config/price_amount.hpp"
#include "config/sections.hpp"
#include "config/shown.hpp"

namespace bellwether::config {
namespace {

constexpr std::size_t k_prices_max = 10'000;

void read_name(Section& section, std::string_view key, std::string& name,
               std::string_view expected) {
    if (!section.has(key)) {
        return section.missing(key, fmt::format("a price has no {}", key), std::string(expected));
    }
    if (auto given = section.text(key, k_model_bytes_max)) name = std::move(given->value);
}

void read_provider(Section& section, std::string_view key, Price& price) {
    read_name(section, key, price.provider, "provider = \"NAME\", as in [providers.NAME]");
}

void read_model(Section& section, std::string_view key, Price& price) {
    read_name(section, key, price.model, "model = \"NAME\" or a pattern such as \"qwen-*\"");
}

constexpr KeyOf<Price> k_name_keys[] = {
    key<&Price::provider>("provider", k_text, "the provider's name, as in `[providers.NAME]`",
                          read_provider, k_required),
    key<&Price::model>("model", Worded{"string", k_text.schema, {.bytes = k_model_bytes_max}},
                       "as the provider calls it: an exact name, or a pattern as in `[[routes]]`",
                       read_model, k_required),
};

// The keys that come after the prices of calls.
constexpr KeyOf<Price> k_other_keys[] = {
    key<Price>("above", k_steps, "what the whole call costs if its prompt is longer", nullptr,
               nullptr, "none"),
    key<Price>("tiers", k_tiers,
               "what calls cost that the provider serves in that tier, by the provider's name for "
               "it",
               nullptr, nullptr, "none"),
    key<Price>("units", k_units, "what one of something costs that is billed by the piece", nullptr,
               nullptr, "none"),
    key<&Price::list_input>("list_input", Amount{},
                            "the list price of a prompt elsewhere, to tell what is saved", "none"),
    key<&Price::list_output>("list_output", Amount{},
                             "the list price of what is generated elsewhere, to tell what is saved",
                             "none"),
    {.facts = {"source", k_text, "where the figures come from", "none"},
     .read =
         [](Section& section, std::string_view key, Price& price) {
             if (auto source = section.text(key)) price.source = std::move(source->value);
         },
     .write = [](json::PrettyWriter& writer,
                 const Price& price) { writer.field_or_null("source", price.source); }},
};

void read_price(Section& section, Price& price) {
    price.at = section.at();
    read_keys<Price>(section, k_name_keys, price);
    CallPrices prices = read_call_prices(section, "a price");
    price.input = prices.input;
    price.cached_input = prices.cached_input;
    price.output = prices.output;
    price.parts = prices.parts;
    read_keys<Price>(section, k_other_keys, price);
    price.above = read_price_steps(section);
    price.tiers = read_price_tiers(section);
    price.units = read_unit_prices(section);
    section.finish();
}

void read_entries(std::vector<Section>& sections, bool own, std::vector<Price>& prices) {
    for (auto& section : sections) {
        if (prices.size() == k_prices_max) {
            return section.report().error(section.at(), "there are too many prices",
                                          fmt::format("at most {}", k_prices_max));
        }
        Price& price = prices.emplace_back();
        price.file = section.report().file_of(section.at()).string();
        price.own = own;
        read_price(section, price);
    }
}

void read_file(const Text& named, Section& config_root, Config& config) {
    Report& report = config_root.report();
    toml::table table;
    const NamedFile file{k_price_files, named, config_root.path_of(named),
                         "a TOML file with [[prices]]"};
    if (!parse_named_file(file, table, report)) return;
    Section root(table, {}, report, config_root.around());
    if (auto sections = root.tables("prices")) read_entries(*sections, false, config.prices);
    root.finish();
}

// A price file may also list providers that this config does not have. In the config itself an
// unknown provider is a mistake.
void check_providers(const Config& config, Report& report) {
    std::vector<std::string> names;
    for (const auto& provider : config.providers) names.push_back(provider.name);
    for (const auto& price : config.prices) {
        const bool known = std::ranges::find(names, price.provider) != names.end();
        if (!price.own || known || price.provider.empty() || names.empty()) continue;
        report.error(
            price.at, fmt::format("a price for unknown provider {}", in_quotes(price.provider)),
            fmt::format("one of {}", fmt::join(names, ", ")), did_you_mean(price.provider, names));
    }
}

void check_duplicates(const Config& config, Report& report) {
    using Key = std::tuple<bool, std::string_view, std::string_view>;
    std::map<Key, const Price*> known;
    for (const auto& price : config.prices) {
        if (price.provider.empty() || price.model.empty()) continue;
        const auto [first, added] =
            known.try_emplace(Key(price.own, price.provider, price.model), &price);
        if (added) continue;
        report.error(price.at, fmt::format("a second price for {} of {}; the first is at {}",
                                           in_quotes(price.model), price.provider,
                                           report.place(first->second->at, price.at)));
    }
}

}  // namespace

void read_prices(Section& root, Config& config) {
    Report& report = root.report();
    for (const auto& name : root.text_or_texts(k_price_files)) {
        read_file(name, root, config);
    }
    if (auto sections = root.tables("prices")) {
        read_entries(*sections, true, config.prices);
    }
    check_providers(config, report);
    check_duplicates(config, report);
}

void write_price(json::PrettyWriter& writer, const Price& price) {
    write_keys<Price>(writer, k_name_keys, price);
    write_call_prices(writer, {.input = price.input,
                               .cached_input = price.cached_input,
                               .output = price.output,
                               .parts = price.parts});
    write_steps(writer, price.above);
    write_tiers(writer, price.tiers);
    write_units(writer, price.units);
    write_keys<Price>(writer, k_other_keys, price);
    writer.field("file", price.file).field("line", price.at.line);
}

std::vector<SectionFacts> price_sections() {
    auto rows = rows_of<Price>(k_name_keys);
    std::ranges::move(call_price_rows(), std::back_inserter(rows));
    std::ranges::move(rows_of<Price>(k_other_keys), std::back_inserter(rows));
    auto sections = price_part_sections();
    sections.push_back(
        {"price", "`[[prices]]`", "What a provider takes for a million tokens", std::move(rows)});
    return sections;
}

}  // namespace bellwether::config
