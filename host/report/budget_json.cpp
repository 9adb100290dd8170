#include <fmt/format.h>

#include "calendar/window.hpp"
#include "config/names.hpp"
#include "json/writer.hpp"
#include "report/budget_report.hpp"

namespace bellwether::report {
namespace {

using json::PrettyWriter;

void write_each(PrettyWriter& writer, const config::Scope& scope) {
    writer.field_or_null("each", scope.each ? name_of(*scope.each) : "");
}

void write_share(PrettyWriter& writer, std::int64_t hundredths) {
    writer.key("percent").raw(fmt::format("{}.{:02}", hundredths / 100, hundredths % 100));
}

void write_instant(PrettyWriter& writer, std::string_view name, bool known, std::int64_t instant,
                   const calendar::Zone& zone) {
    writer.field_or_null(name, known ? calendar::rfc3339(instant, zone) : std::string());
}

// Writes the sums, what the fullest counter has left and its share, and then the fullest counters.
void write_state(PrettyWriter& writer, const RuleState& state, std::int64_t limit) {
    writer.field("limit", limit).field("used", state.used).field("held", state.held);
    writer.field("left", left_of(limit, state));
    write_share(writer, state.fullest.empty() ? 0 : share_of(limit, state.fullest.front()));
    writer.field("counters", std::uint64_t{state.counters}).key("top").begin_array();
    for (const CounterState& counter : state.fullest) {
        writer.begin_object().field("value", counter.value).field("used", counter.used);
        writer.field("held", counter.held);
        write_share(writer, share_of(limit, counter));
        writer.end_object();
    }
    writer.end_array();
}

void write_budget(PrettyWriter& writer, const BudgetState& budget) {
    const config::Budget& rule = *budget.budget;
    const bool money = rule.unit == config::BudgetUnit::micro_usd;
    writer.begin_object().field("name", rule.name);
    writer.field("unit", money ? "micro_usd" : "tokens");
    if (!money) writer.field("count", name_of(rule.count));
    writer.field("mode", name_of(rule.mode));
    write_each(writer, rule.scope);
    write_state(writer, budget.state, rule.limit);
    writer.field("debt", budget.debt);
    const bool resets = budget.window.end != 0;
    write_instant(writer, "since", resets, budget.window.start, budget.zone);
    write_instant(writer, "resets", resets, budget.window.end, budget.zone);
    writer.field("zone", rule.period.zone).end_object();
}

}  // namespace

std::string to_json(const BudgetReport& report, const config::Config& config) {
    PrettyWriter writer;
    writer.begin_object().field("config", config.file.string()).key("budgets").begin_array();
    for (const BudgetState& budget : report.budgets) write_budget(writer, budget);
    writer.end_array().key("limits").begin_array();
    for (const LimitState& limit : report.limits) {
        writer.begin_object().field("name", limit.limit->name).field("counts", "calls at once");
        write_each(writer, limit.limit->scope);
        write_state(writer, limit.state, limit.limit->concurrent);
        writer.end_object();
    }
    return writer.end_array().end_object().text();
}

std::string to_json(const BudgetReset& reset) {
    PrettyWriter writer;
    writer.begin_object().field("name", reset.name);
    writer.field("counters", std::uint64_t{reset.counters});
    return writer.end_object().text();
}

}  // namespace bellwether::report
