// [[budgets]], and when each of them begins anew.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

#include "calendar/zone.hpp"
#include "config/meant.hpp"
#include "config/money.hpp"
#include "config/rule.hpp"
#include "config/sections.hpp"
#include "config/share.hpp"

namespace bellwether::config {
namespace {

using PeriodUnit = calendar::Unit;

constexpr std::size_t k_budgets_max = 1'000;
constexpr std::string_view k_share_expected = "a share such as 0.8 or \"80%\", up to 1";
constexpr Whole k_day{1, 31};
constexpr Worded k_warnings{"array of shares",
                            R"("type": "array", "items": {"type": ["number", "string"]})",
                            {.number = 16}};

// Returns `allowed`: whether the key has a meaning in this period. Reports an error if it has none,
// but is there.
bool allows(Section& reset, std::string_view key, bool allowed, const Period& period) {
    if (allowed || !reset.has(key)) return allowed;
    reset.report().error(reset.key_at(key), fmt::format("{} means nothing where per = \"{}\"",
                                                        reset.full(key), name_of(period.unit)));
    return false;
}

void read_day(Section& reset, std::string_view key, Period& period) {
    const bool week = period.unit == PeriodUnit::week;
    if (!allows(reset, key, week || period.unit == PeriodUnit::month, period)) return;
    if (week) {
        if (const auto day = reset.choice(key, k_weekdays)) period.day = static_cast<int>(*day) + 1;
    } else if (const auto day = reset.integer(key, k_day.min, k_day.max)) {
        period.day = static_cast<int>(*day);
    }
}

Value day_of(const Period& period) {
    if (period.unit == PeriodUnit::month) return std::int64_t{period.day};
    if (period.unit != PeriodUnit::week) return {};
    return std::string(k_weekdays[static_cast<std::size_t>(period.day - 1)]);
}

template <int Period::*member>
inline constexpr Whole k_clock{0, member == &Period::hour ? 23 : 59};

template <int Period::*member, PeriodUnit least>
void read_clock(Section& reset, std::string_view key, Period& period) {
    if (!allows(reset, key, period.unit >= least, period)) return;
    const auto given = reset.integer(key, k_clock<member>.min, k_clock<member>.max);
    if (given) period.*member = static_cast<int>(*given);
}

// A key for periods of the unit `least` or of a longer unit.
template <int Period::*member, PeriodUnit least>
constexpr KeyOf<Period> clock_key(std::string_view name, std::string_view meaning) {
    return {.facts = {name, k_clock<member>, meaning},
            .read = read_clock<member, least>,
            .get = detail::MemberPath<member>::get,
            .is_shown = [](const Period& period) { return period.unit >= least; }};
}

void read_zone(Section& reset, std::string_view key, Period& period) {
    auto zone = reset.text(key);
    if (!zone) return;
    if (calendar::Zone::find(zone->value)) {
        period.zone = std::move(zone->value);
        return;
    }
    const auto names = calendar::zone_names();
    const std::string what = fmt::format("= {} is unknown", in_quotes(zone->value));
    if (names.size() == 1) {
        return reset.error(zone->at, key, what, {},
                           "this system has no time zones: install tzdata");
    }
    reset.error(zone->at, key, what, R"(an IANA name such as "Asia/Bangkok" or "UTC")",
                did_you_mean(zone->value, names));
}

constexpr KeyOf<Period> k_reset_keys[] = {
    key<Period>("day",
                Worded{"1 to 31, or a weekday",
                       R"("anyOf": [{"type": "integer", "minimum": 1, "maximum": 31}, )"
                       R"({"enum": ["monday", "tuesday", "wednesday", "thursday", "friday", )"
                       R"("saturday", "sunday"]}])"},
                "of a month: its day, or its last one where it is shorter; of a week: "
                "`\"monday\"` to `\"sunday\"`",
                read_day, day_of, "1, or `\"monday\"`"),
    clock_key<&Period::hour, PeriodUnit::day>("hour", "of a day, a week or a month"),
    clock_key<&Period::minute, PeriodUnit::hour>("minute", "of all but a minute"),
    key<&Period::zone>("zone", Worded{"IANA name", k_text.schema},
                       "whose clock counts: `\"Asia/Bangkok\"`", read_zone),
};

void write_reset(json::PrettyWriter& writer, const Budget& budget) {
    write_table<Period>(writer, "reset", k_reset_keys, budget.period);
}

// Reads the key `per`, and the table `reset` beside it.
void read_period(Section& budget, std::string_view key, Budget& owner) {
    Period& period = owner.period;
    const auto unit = budget.choice(key, k_names<PeriodUnit>, meant_period);
    if (unit) period.unit = static_cast<PeriodUnit>(*unit);
    if (!budget.has(key)) {
        budget.missing(key, "a budget has no per",
                       fmt::format("one of \"{}\"", fmt::join(k_names<PeriodUnit>, "\", \"")));
    }
    auto reset = budget.table("reset");
    if (!reset || !unit) return;
    if (period.unit == PeriodUnit::none) {
        return budget.report().error(budget.key_at("reset"),
                                     "budgets.reset means nothing where per = \"none\"");
    }
    read_keys<Period>(*reset, k_reset_keys, period);
    reset->finish();
}

void read_limit(Section& section, std::string_view key, Budget& budget) {
    if (const auto limit = read_budget_amount(section, key)) {
        budget.unit = limit->unit;
        budget.limit = limit->amount;
    } else if (!section.has(key)) {
        section.missing(key, "a budget has no limit", R"(limit = "100 Mtok" or limit = "50 USD")");
    }
}

// Must be read after the limit, which says whether tokens are counted.
void read_count(Section& section, std::string_view key, Budget& budget) {
    const auto count = section.choice(key, k_names<Count>);
    if (count) budget.count = static_cast<Count>(*count);
    if (count && budget.unit == BudgetUnit::micro_usd) {
        section.error(section.key_at(key), key, "means nothing for money",
                      "it with a limit in tokens");
    }
}

bool counts_tokens(const Budget& budget) { return budget.unit == BudgetUnit::tokens; }

void read_warnings(Section& section, std::string_view key, Budget& budget) {
    const toml::node* node = section.find(key);
    if (node == nullptr) return;
    const auto* array = node->as_array();
    if (array == nullptr) {
        return section.wrong_type(section.full(key), *node,
                                  "an array of shares such as [0.8, 0.95]");
    }
    if (array->size() > k_warnings.most.number) {
        return section.error(position_of(*node), key, "has too many shares",
                             fmt::format("at most {}", k_warnings.most.number));
    }
    for (const auto& element : *array) {
        if (const auto share = share_of(element)) {
            budget.warn_at.push_back(*share);
        } else {
            section.report().error(position_of(element),
                                   fmt::format("an element of {} is no share", section.full(key)),
                                   std::string(k_share_expected));
        }
    }
    std::ranges::sort(budget.warn_at);
    const auto repeated = std::ranges::unique(budget.warn_at);
    budget.warn_at.erase(repeated.begin(), repeated.end());
}

Value warnings_of(const Budget& budget) {
    std::vector<std::string> shares;
    for (const int share : budget.warn_at) {
        shares.push_back(share_text(share));
    }
    return shares;
}

constexpr KeyOf<Budget> k_budget_keys[] = {
    key<Budget>(
        "name", k_text, "at most 64 lower-case letters, digits, `-` and `_`", nullptr,
        [](const Budget& budget) -> Value { return budget.name; }, k_required),
    each_key<Budget>(),
    match_key<Budget>(),
    key<Budget>(
        "limit", Worded{"tokens or amount", R"("type": "string")"},
        "tokens, such as `\"1.5 Mtok\"`, or money, such as `\"50 USD\"`", read_limit,
        [](const Budget& budget) -> Value { return amount_text(budget); }, k_required),
    {.facts = {"count", Choice{k_names<Count>}, "which tokens; not for money"},
     .read = read_count,
     .get = detail::MemberPath<&Budget::count>::get,
     .is_shown = counts_tokens},
    key<&Budget::period, &Period::unit>("per", Choice{k_names<PeriodUnit>},
                                        "when it begins anew; `\"none\"`: never", read_period,
                                        k_required),
    {.facts = {"reset", Tables{"reset"}, "at what moment", "below"},
     .write = write_reset,
     .is_shown = [](const Budget& budget) { return budget.period.unit != PeriodUnit::none; }},
    key<&Budget::mode>("mode", Choice{k_names<BudgetMode>},
                       "refuses what does not fit; or only warns; or only says what it would have "
                       "refused"),
    key<Budget>("warn_at", k_warnings, "0.8 or `\"80%\"`, above 0 and up to 1, in steps of 0.0001",
                read_warnings, warnings_of, "none"),
    key<Budget>("webhook", Worded{"name", k_text.schema},
                "the `[webhooks.NAME]` that is told of these warnings, and once in a window that a "
                "soft or shadow budget is exceeded",
                nullptr, nullptr, "none"),
};

void read_webhook(Section& section, std::span<const Webhook> webhooks, Budget& budget) {
    const auto given = section.text("webhook");
    if (!given) return;
    const auto named = std::ranges::find(webhooks, given->value, &Webhook::name);
    if (named == webhooks.end()) {
        std::vector<std::string> names;
        for (const Webhook& webhook : webhooks) names.push_back(webhook.name);
        return section.error(
            given->at, "webhook",
            fmt::format("= {} names no webhook of this file", in_quotes(given->value)),
            names.empty() ? "a [webhooks.NAME]" : fmt::format("one of {}", fmt::join(names, ", ")),
            did_you_mean(given->value, names));
    }
    budget.webhook = static_cast<std::size_t>(named - webhooks.begin());
    if (budget.mode != BudgetMode::hard || section.has("warn_at")) return;
    section.report().warning(given->at, "budgets.webhook has no effect: it is never told", {},
                             "say warn_at = [0.8] beside it");
}

}  // namespace

void read_budgets(Section& root, const KnownNames& known, RuleNames& names, Config& config) {
    auto sections = root.tables("budgets");
    if (!sections) return;
    for (auto& section : *sections) {
        if (config.budgets.size() == k_budgets_max) {
            return root.report().error(section.at(), "there are too many budgets",
                                       fmt::format("at most {}", k_budgets_max));
        }
        Budget& budget = config.budgets.emplace_back();
        budget.at = section.at();
        read_keys<Budget>(section, k_budget_keys, budget);
        budget.name = names.read(section, "budget", {});
        read_match(section, known, budget.scope);
        read_webhook(section, config.webhooks, budget);
        section.finish();
    }
}

void write_budget(json::PrettyWriter& writer, const Config& config, const Budget& budget) {
    write_keys<Budget>(writer, k_budget_keys, budget);
    if (budget.webhook) writer.field("webhook", config.webhooks[*budget.webhook].name);
}

std::vector<SectionFacts> rule_sections() {
    constexpr std::array<std::string_view, k_subjects> k_meanings{
        "the client's key by its name",
        "the team of the client's key",
        "who the client says it calls for",
        "the model that was asked for, aliases followed",
        "who serves the call",
        "the route that serves it, by its `model`"};
    constexpr Worded k_one_or_more{"string or array of strings", k_text_or_texts_schema};
    SectionFacts match{"match", "`match`", "Which calls a rule is for", {}};
    for (std::size_t i = 0; i < k_subjects; ++i) {
        match.rows.emplace_back().facts = {k_names<Subject>[i], k_one_or_more, k_meanings[i],
                                           "whatever it is"};
    }
    return {
        {"budget", "`[[budgets]]`", "How much may be used in all", rows_of<Budget>(k_budget_keys)},
        {"reset", "`reset`", "The moment at which a budget begins anew",
         rows_of<Period>(k_reset_keys)},
        std::move(match)};
}

}  // namespace bellwether::config
