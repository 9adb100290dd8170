#include <fmt/format.h>

#include <algorithm>

#include "calendar/window.hpp"
#include "json/writer.hpp"
#include "report/usage_report.hpp"

namespace bellwether::report {
namespace {

using json::PrettyWriter;

// Writes null for a number that is not known, because that is not 0.
void known(PrettyWriter& writer, std::string_view name, std::int64_t number, bool is_known) {
    writer.key(name);
    if (is_known) {
        writer.value(number);
    } else {
        writer.null();
    }
}

void write_spread(PrettyWriter& writer, std::string_view name, const Spread& spread) {
    writer.key(name);
    if (spread.count() == 0) {
        writer.null();
        return;
    }
    writer.begin_object().field("average", spread.average_us());
    writer.field("p50", spread.percentile_us(50)).field("p99", spread.percentile_us(99));
    writer.end_object();
}

void write_figures(PrettyWriter& writer, const Figures& figures) {
    const bool none = figures.calls == 0;
    const bool priced = none || figures.calls_without_cost < figures.calls;
    const bool compared = none || figures.calls_without_list_cost < figures.calls;
    writer.field("calls", figures.calls).field("succeeded", figures.succeeded);
    writer.field("estimated", figures.estimated);
    writer.field("input_tokens", figures.input_tokens);
    writer.field("cached_input_tokens", figures.cached_input_tokens);
    writer.field("output_tokens", figures.output_tokens);
    writer.field("reasoning_tokens", figures.reasoning_tokens);
    known(writer, "cost_micro_usd", figures.cost_micro_usd, priced);
    known(writer, "list_cost_micro_usd", figures.list_cost_micro_usd, compared);
    known(writer, "saved_micro_usd", figures.saved_micro_usd, compared);
    writer.field("calls_without_cost", figures.calls_without_cost);
    writer.field("calls_without_list_cost", figures.calls_without_list_cost);
    write_spread(writer, "duration_us", figures.duration);
    write_spread(writer, "first_token_us", figures.first_token);
    const std::int64_t speed = figures.tokens_per_second_tenths();
    writer.key("output_tokens_per_second");
    if (speed < 0) {
        writer.null();
    } else {
        writer.raw(fmt::format("{}.{}", speed / 10, speed % 10));
    }
}

// Writes the name of a client key and its public id. A key that the configuration no longer has is
// named by its id.
void write_key(PrettyWriter& writer, const std::string& id, const config::Config& config) {
    const auto key = std::ranges::find(config.keys, id, &config::Key::id);
    writer.field("name", key == config.keys.end() ? id : key->name).field("id", id);
}

void write_groups(PrettyWriter& writer, const std::vector<Group>& groups) {
    writer.begin_array();
    for (const Group& group : groups) {
        writer.begin_object().field("name", group.name);
        write_figures(writer, group.figures);
        writer.end_object();
    }
    writer.end_array();
}

void write_keys(PrettyWriter& writer, const std::vector<Group>& groups,
                const config::Config& config) {
    writer.begin_array();
    for (const Group& group : groups) {
        writer.begin_object();
        write_key(writer, group.name, config);
        write_figures(writer, group.figures);
        writer.end_object();
    }
    writer.end_array();
}

}  // namespace

std::string to_json(const UsageReport& report, const config::Config& config) {
    const UsageQuestion& question = report.question;
    PrettyWriter writer;
    writer.begin_object().field("config", config.file.string());
    writer.field("by", to_string(question.by)).field("zone", question.zone_name);
    writer.field("since", calendar::rfc3339_of_us(question.span.since_us, question.zone));
    const bool ends = question.span.until_us != ledger::TimeSpan().until_us;
    writer.field_or_null(
        "until", ends ? calendar::rfc3339_of_us(question.span.until_us, question.zone) : "");
    writer.key("total").begin_object();
    write_figures(writer, report.total);
    writer.end_object();
    writer.key("groups");
    if (question.by == Grouping::key) {
        write_keys(writer, report.grouped.groups, config);
    } else {
        write_groups(writer, report.grouped.groups);
    }
    writer.key("other");
    if (report.grouped.other.calls == 0) {
        writer.null();
    } else {
        writer.begin_object();
        write_figures(writer, report.grouped.other);
        writer.end_object();
    }
    writer.key("top_users");
    write_groups(writer, report.top_users);
    return writer.end_object().text();
}

}  // namespace bellwether::report
