#include "config/rule.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/letters.hpp"
#include "config/meant.hpp"
#include "config/money.hpp"
#include "config/names.hpp"
#include "config/pattern.hpp"
#include "config/shown.hpp"

namespace bellwether::config {
namespace {

constexpr std::size_t k_plain_name_bytes_max = 64;

std::vector<Text> names_of(Section& match, std::string_view subject) {
    const toml::node* node = match.find(subject);
    if (node == nullptr) return {};
    if (const auto* array = node->as_array(); array != nullptr && array->empty()) {
        match.report().error(position_of(*node), fmt::format("{} is empty", match.full(subject)),
                             "at least one name or pattern");
    }
    auto names = match.text_or_texts(subject);
    std::erase_if(names, [&](const Text& name) {
        if (name.value.size() <= k_model_bytes_max) return false;
        match.report().error(name.at, fmt::format("{} is too long", match.full(subject)),
                             fmt::format("at most {} bytes", k_model_bytes_max));
        return true;
    });
    return names;
}

constexpr std::int64_t k_tokens_max = 1'000'000'000'000'000;
constexpr std::int64_t k_rate_max = 1'000'000'000'000;
constexpr DecimalUnit k_token_units[] = {{"tok", 0}, {"ktok", 3}, {"Mtok", 6}, {"Gtok", 9}};
constexpr DecimalUnit k_counts[] = {{"", 0},    {"k", 3},    {"M", 6},    {"G", 9},
                                    {"tok", 0}, {"ktok", 3}, {"Mtok", 6}, {"Gtok", 9}};
constexpr QuantityUnit k_rate_periods[] = {{"s", 1},        {"sec", 1},     {"second", 1},
                                           {"min", 60},     {"minute", 60}, {"h", 3'600},
                                           {"hour", 3'600}, {"day", 86'400}};
constexpr std::string_view k_amount_expected =
    R"(tokens such as "100 Mtok" (tok, ktok, Mtok, Gtok) or money such as "50 USD")";

void wrong_amount(Section& rule, std::string_view key, const Text& given, AmountFault fault) {
    const std::string subject = fmt::format("{} = {}", rule.full(key), in_quotes(given.value));
    const bool money = given.value.ends_with("USD");
    Report& report = rule.report();
    switch (fault) {
        case AmountFault::without_unit:
            return report.error(given.at, subject + " has no unit", std::string(k_amount_expected),
                                fmt::format("did you mean \"{} tok\"?", given.value));
        case AmountFault::too_fine:
            return report.error(given.at,
                                subject + (money ? " is finer than a millionth of a dollar"
                                                 : " is no whole number of tokens"));
        case AmountFault::too_large:
            return report.error(
                given.at, subject + " is out of range",
                money ? amount_range()
                      : fmt::format(R"("0 tok" to "{} Gtok")", k_tokens_max / 1'000'000'000));
        case AmountFault::malformed: break;
    }
    report.error(given.at, subject + " is not an amount", std::string(k_amount_expected),
                 meant_amount(given.value));
}

// The text of an amount. A bare whole number is also taken as text, so that its message says that
// the unit is missing.
std::optional<Text> amount_text(Section& rule, std::string_view key, std::string_view expected) {
    const toml::node* node = rule.find(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* text = node->as_string()) return Text{text->get(), position_of(*node)};
    if (const auto* number = node->as_integer()) {
        return Text{fmt::format("{}", number->get()), position_of(*node)};
    }
    rule.wrong_type(rule.full(key), *node, std::string(expected));
    return std::nullopt;
}

}  // namespace

bool is_plain_name(std::string_view text) {
    return !text.empty() && text.size() <= k_plain_name_bytes_max && is_made_of(text, "-_");
}

void read_match(Section& rule, const KnownNames& known, Scope& scope) {
    auto match = rule.table("match");
    if (!match) return;
    bool all_known = true;
    for (std::size_t i = 0; i < k_subjects; ++i) {
        const auto subject = static_cast<Subject>(i);
        for (auto& name : names_of(*match, name_of(subject))) {
            all_known &= check_name(*match, subject, name, known);
            scope.match[i].push_back(std::move(name.value));
        }
    }
    if (all_known) check_together(*match, scope, known);
    match->finish();
}

std::string RuleNames::read(Section& rule, std::string_view kind, std::string fallback) {
    auto given = rule.text("name");
    if (!given && rule.has("name")) return {};
    if (!given && fallback.empty()) {
        rule.report().absent(rule.at(), {"name"}, fmt::format("a {} has no name", kind),
                             "name = \"NAME\"");
        return {};
    }
    Text name = given ? std::move(*given) : Text{std::move(fallback), rule.at()};
    if (!is_plain_name(name.value)) {
        rule.report().error(name.at,
                            fmt::format("a {} cannot be named {}", kind, in_quotes(name.value)),
                            std::string(k_plain_name_expected));
        return {};
    }
    const auto [first, added] = places_.emplace(name.value, rule.at());
    if (!added) {
        rule.report().error(
            name.at,
            fmt::format("a second rule named {}; the first is at {}", in_quotes(name.value),
                        rule.report().place(first->second, name.at)),
            "one name for each of the budgets and limits");
    }
    return std::move(name.value);
}

void write_scope(json::PrettyWriter& writer, const Scope& scope) {
    writer.key("match").begin_object();
    for (std::size_t i = 0; i < k_subjects; ++i) {
        if (scope.match[i].empty()) continue;
        writer.field_list(name_of(static_cast<Subject>(i)), scope.match[i]);
    }
    writer.end_object();
}

std::optional<BudgetAmount> read_budget_amount(Section& rule, std::string_view key) {
    const auto given = amount_text(rule, key, k_amount_expected);
    if (!given) return std::nullopt;
    const bool money = given->value.ends_with("USD");
    const auto amount = money ? parse_amount(given->value)
                              : parse_decimal(given->value, k_token_units, k_tokens_max);
    if (amount) return BudgetAmount{money ? BudgetUnit::micro_usd : BudgetUnit::tokens, *amount};
    wrong_amount(rule, key, *given, amount.error());
    return std::nullopt;
}

std::optional<Rate> read_rate(Section& rule, std::string_view key, std::string_view example) {
    const std::string expected =
        fmt::format("a whole number and a time, such as {}; times: s, min, h, day", example);
    const auto given = amount_text(rule, key, expected);
    if (!given) return std::nullopt;
    const std::string subject = fmt::format("{} = {}", rule.full(key), in_quotes(given->value));
    const std::string_view text = given->value;
    const auto slash = text.find('/');
    const auto amount = parse_decimal(text.substr(0, slash), k_counts, k_rate_max);
    const auto fault = [&](std::string_view what, std::string hint = {}) {
        rule.report().error(given->at, subject + std::string(what), expected, std::move(hint));
        return std::nullopt;
    };
    if (slash == text.npos && amount) {
        return fault(" says no time", fmt::format("did you mean \"{}/min\"?", text));
    }
    if (!amount && amount.error() == AmountFault::too_fine) return fault(" is no whole number");
    if (!amount && amount.error() == AmountFault::too_large) return fault(" is too much");
    if (!amount || slash == text.npos) return fault(" is not a rate", meant_rate(text));
    if (*amount == 0) return fault(" lets nothing through");
    const auto period =
        std::ranges::find(k_rate_periods, text.substr(slash + 1), &QuantityUnit::name);
    if (period == std::end(k_rate_periods)) {
        return fault(" has an unknown time", meant_rate(text));
    }
    return Rate{
        .amount = *amount, .period = std::chrono::seconds(period->factor), .burst = *amount};
}

std::string amount_text(const Budget& budget) {
    constexpr QuantityUnit k_tokens[] = {
        {" tok", 1}, {" ktok", 1'000}, {" Mtok", 1'000'000}, {" Gtok", 1'000'000'000}};
    if (budget.unit == BudgetUnit::micro_usd) return format_amount(budget.limit);
    return quantity_text(static_cast<std::uint64_t>(budget.limit), k_tokens);
}

std::string rate_text(const Rate& rate) {
    constexpr QuantityUnit k_plain[] = {
        {"", 1}, {"k", 1'000}, {"M", 1'000'000}, {"G", 1'000'000'000}};
    constexpr QuantityUnit k_times[] = {{"s", 1}, {"min", 60}, {"h", 3'600}, {"day", 86'400}};
    const auto time = std::ranges::find(k_times, static_cast<std::uint64_t>(rate.period.count()),
                                        &QuantityUnit::factor);
    return fmt::format("{}/{}", quantity_text(static_cast<std::uint64_t>(rate.amount), k_plain),
                       time == std::end(k_times) ? "day" : time->name);
}

}  // namespace bellwether::config
