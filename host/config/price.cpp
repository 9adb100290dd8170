// price_files and [[prices]].
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "config/document.hpp"
#include "config/pattern.hpp"
#include "config/price_amount.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_prices_max = 10'000;

class PriceReader {
  public:
    PriceReader(Section& section, Price& price) : section_(section), price_(price) {}

    void read() {
        price_.at = section_.at();
        read_name("provider", price_.provider, "provider = \"NAME\", as in [providers.NAME]");
        read_name("model", price_.model, "model = \"NAME\" or a pattern such as \"qwen-*\"");
        CallPrices prices = read_call_prices(section_, "a price");
        price_.input = prices.input;
        price_.cached_input = prices.cached_input;
        price_.output = prices.output;
        price_.parts = prices.parts;
        price_.above = read_price_steps(section_);
        price_.tiers = read_price_tiers(section_);
        price_.units = read_unit_prices(section_);
        price_.list_input = read_price_amount(section_, "list_input", k_price_expected);
        price_.list_output = read_price_amount(section_, "list_output", k_price_expected);
        if (auto source = section_.text("source")) price_.source = std::move(source->value);
        section_.finish();
    }

  private:
    void read_name(std::string_view key, std::string& name, std::string_view expected) {
        auto given = section_.text(key);
        if (!given && !section_.has(key)) return missing(key, expected);
        if (!given) return;
        if (given->value.size() > k_model_bytes_max) {
            return section_.report().error(given->at,
                                           fmt::format("{} is too long", section_.full(key)),
                                           fmt::format("at most {} bytes", k_model_bytes_max));
        }
        name = std::move(given->value);
    }

    void missing(std::string_view key, std::string_view expected) {
        section_.report().absent(price_.at, {std::string(key)},
                                 fmt::format("a price has no {}", key), std::string(expected));
    }

    Section& section_;
    Price& price_;
};

// The entries of one file, appended.
void read_entries(std::vector<Section>& sections, const std::string& file, bool own,
                  std::vector<Price>& prices) {
    for (auto& section : sections) {
        if (prices.size() == k_prices_max) {
            return section.report().error(section.at(), "there are too many prices",
                                          fmt::format("at most {}", k_prices_max));
        }
        Price& price = prices.emplace_back();
        price.file = file;
        price.own = own;
        PriceReader(section, price).read();
    }
}

void read_file(const Text& named, const fs::path& folder, Config& config, Report& report,
               std::vector<Diagnostic>& others) {
    const fs::path file = (folder / named.value).lexically_normal();
    std::error_code ignored;
    // Opening what is no file could wait for ever.
    if (!fs::is_regular_file(file, ignored)) {
        return report.error(named.at,
                            fmt::format("price_files: there is no file {}", in_quotes(named.value)),
                            "a TOML file with [[prices]]; a relative path counts from the folder "
                            "of this file");
    }
    const auto text = read_text(file);
    if (!text) {
        return report.error(named.at, fmt::format("price_files: {} cannot be read: {}",
                                                  in_quotes(named.value), text.error()));
    }
    Report own(file.string());
    toml::table table;
    if (parse_toml(*text, table, own)) {
        Section root(table, {}, own);
        if (auto sections = root.tables("prices")) {
            read_entries(*sections, file.string(), false, config.prices);
        }
        root.finish();
    }
    std::ranges::move(own.take(), std::back_inserter(others));
}

// In a price file an unknown provider is none of this config's; here it is a mistake.
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

void check_duplicates(const Config& config, Report& report, std::vector<Diagnostic>& others) {
    using Key = std::tuple<bool, std::string_view, std::string_view>;
    std::map<Key, const Price*> known;
    for (const auto& price : config.prices) {
        if (price.provider.empty() || price.model.empty()) continue;
        const auto [first, added] =
            known.try_emplace(Key(price.own, price.provider, price.model), &price);
        if (added) continue;
        std::string what = fmt::format("a second price for {} of {}; the first is at {}:{}",
                                       in_quotes(price.model), price.provider, first->second->file,
                                       first->second->at.line);
        if (price.own) {
            report.error(price.at, std::move(what));
        } else {
            others.push_back({Severity::error, price.file, price.at, std::move(what), {}, {}});
        }
    }
}

}  // namespace

void read_prices(Section& root, const fs::path& folder, Config& config,
                 std::vector<Diagnostic>& others) {
    Report& report = root.report();
    for (const auto& name : root.text_or_texts("price_files")) {
        read_file(name, folder, config, report, others);
    }
    if (auto sections = root.tables("prices")) {
        read_entries(*sections, config.file.string(), true, config.prices);
    }
    check_providers(config, report);
    check_duplicates(config, report, others);
}

}  // namespace bw::config
