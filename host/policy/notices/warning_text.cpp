// Writes a warning: as a sentence for people, and as JSON for programs.
#include <fmt/format.h>

#include "base/share.hpp"
#include "calendar/window.hpp"
#include "config/money.hpp"
#include "config/names.hpp"
#include "json/writer.hpp"
#include "policy/notices/warnings.hpp"

namespace bellwether::policy {
namespace {

bool exceeded(const Warning& warning) { return warning.share > k_whole_share; }
bool counts_money(const Warning& warning) {
    return warning.rule->budget->unit == config::BudgetUnit::micro_usd;
}

std::string amount_text(const Warning& warning, std::int64_t amount) {
    return counts_money(warning) ? config::format_amount(amount) : fmt::format("{}", amount);
}

// The id is the same for every host that sends the warning, and after a restart, so that a receiver
// sees that it has the warning already.
std::string id_of(const Warning& warning) {
    return fmt::format("{}/{}/{}/{}", warning.rule->budget->name, warning.standing.window.start,
                       exceeded(warning) ? "exceeded" : fmt::format("{:g}", warning.share / 100.0),
                       warning.value);
}

}  // namespace

std::string warning_text(const Warning& warning) {
    const config::Budget& budget = *warning.rule->budget;
    const std::string whose =
        warning.value.empty() ? std::string() : fmt::format(" of \"{}\"", warning.value);
    if (exceeded(warning)) {
        return fmt::format("the budget \"{}\"{} is exceeded; it refuses nothing (mode = \"{}\")",
                           budget.name, whose, name_of(budget.mode));
    }
    return fmt::format("the budget \"{}\"{} has come to {:g} %: {} of {}{} are used or held",
                       budget.name, whose, warning.share / 100.0,
                       amount_text(warning, budget.limit - warning.standing.left),
                       amount_text(warning, budget.limit), counts_money(warning) ? "" : " tokens");
}

std::string warning_json(const Warning& warning) {
    const config::Budget& budget = *warning.rule->budget;
    const ledger::Standing& standing = warning.standing;
    const bool resets = standing.window.end != 0;
    json::Writer writer;
    writer.begin_object().field("id", id_of(warning));
    writer.field("event", exceeded(warning) ? "budget.exceeded" : "budget.warning");
    writer.field("time", calendar::rfc3339_of_us(warning.now_us, warning.rule->zone));
    writer.field("text", warning_text(warning)).field("budget", budget.name);
    writer.field_or_null("value", warning.value).key("percent");
    if (exceeded(warning)) {
        writer.null();
    } else {
        writer.raw(fmt::format("{}.{:02}", warning.share / 100, warning.share % 100));
    }
    writer.field("unit", counts_money(warning) ? "micro_usd" : "tokens");
    writer.field("limit", budget.limit).field("used", standing.used).field("held", standing.held);
    writer.field("left", standing.left);
    writer.field_or_null(
        "since", resets ? calendar::rfc3339(standing.window.start, warning.rule->zone) : "");
    writer.field_or_null("resets",
                         resets ? calendar::rfc3339(standing.window.end, warning.rule->zone) : "");
    return writer.end_object().text();
}

}  // namespace bellwether::policy
