// price_files and [[prices]].
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

#include "config/document.hpp"
#include "config/money.hpp"
#include "config/pattern.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_prices_max = 10'000;
constexpr std::string_view k_amount_expected =
    "US dollars for a million tokens, such as \"1.20 USD\"";

class PriceReader {
  public:
    PriceReader(Section& section, Price& price) : section_(section), price_(price) {}

    void read() {
        price_.at = section_.at();
        read_name("provider", price_.provider, "provider = \"NAME\", as in [providers.NAME]");
        read_name("model", price_.model, "model = \"NAME\" or a pattern such as \"qwen-*\"");
        const auto input = required_amount("input");
        const auto output = required_amount("output");
        price_.input = input.value_or(0);
        price_.output = output.value_or(0);
        price_.cached_input = amount("cached_input").value_or(price_.input);
        price_.list_input = amount("list_input");
        price_.list_output = amount("list_output");
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

    std::optional<std::int64_t> required_amount(std::string_view key) {
        if (!section_.has(key)) {
            section_.find(key);
            missing(key, k_amount_expected);
            return std::nullopt;
        }
        return amount(key);
    }

    std::optional<std::int64_t> amount(std::string_view key) {
        const toml::node* node = section_.find(key);
        if (node == nullptr) return std::nullopt;
        const auto* text = node->as_string();
        if (text == nullptr) {
            section_.wrong_type(section_.full(key), *node, std::string(k_amount_expected));
            return std::nullopt;
        }
        const auto parsed = parse_amount(text->get());
        if (parsed) return *parsed;
        wrong_amount({text->get(), position_of(*node)}, key, parsed.error());
        return std::nullopt;
    }

    void wrong_amount(const Text& given, std::string_view key, AmountFault fault) {
        const std::string subject =
            fmt::format("{} = {}", section_.full(key), in_quotes(given.value));
        Report& report = section_.report();
        switch (fault) {
            case AmountFault::without_unit:
                return report.error(given.at, subject + " has no unit",
                                    std::string(k_amount_expected),
                                    fmt::format("did you mean \"{} USD\"?", given.value));
            case AmountFault::too_fine:
                return report.error(given.at, subject + " is finer than a millionth of a dollar",
                                    "at most six digits behind the point");
            case AmountFault::too_large:
                return report.error(given.at, subject + " is out of range",
                                    "\"0 USD\" to \"1000000 USD\"");
            case AmountFault::malformed: break;
        }
        report.error(given.at, subject + " is not an amount", std::string(k_amount_expected));
    }

    void missing(std::string_view key, std::string_view expected) {
        section_.report().error(price_.at, fmt::format("a price has no {}", key),
                                std::string(expected));
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
