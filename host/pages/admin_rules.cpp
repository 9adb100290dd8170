#include "pages/admin_rules.hpp"

#include <fmt/format.h>

#include <array>

#include "config/quantity_text.hpp"
#include "config/rule_text.hpp"

namespace bw::pages {
namespace {

using config::duration_text;
using config::quantity_text;
using json::PrettyWriter;

constexpr std::array<std::string_view, 7> k_weekdays{"monday", "tuesday",  "wednesday", "thursday",
                                                     "friday", "saturday", "sunday"};

std::string address_of(const config::Ledger& ledger) {
    switch (ledger.kind) {
        case config::StoreKind::none: return "none";
        case config::StoreKind::memory: return "memory:";
        case config::StoreKind::sqlite: return "sqlite:" + ledger.file.string();
        case config::StoreKind::redis: break;
    }
    const bool v6 = ledger.host.find(':') != ledger.host.npos;
    return fmt::format("{}://{}{}{}{}{}:{}/{}", ledger.encrypted ? "rediss" : "redis", ledger.user,
                       ledger.user.empty() ? "" : "@", v6 ? "[" : "", ledger.host, v6 ? "]" : "",
                       ledger.port, ledger.database);
}

void write_ledger(PrettyWriter& writer, const config::Ledger& ledger) {
    writer.key("ledger").begin_object().field("url", address_of(ledger));
    writer.field("password", ledger.password).field("ca_file", ledger.ca_file.string());
    writer.field("prefix", ledger.prefix);
    writer.field("on_failure", ledger.allows_on_failure ? "allow" : "refuse");
    const bool ends = ledger.keep_usage.count() > 0;
    writer.field("keep_usage",
                 ends ? quantity_text(static_cast<std::uint64_t>(ledger.keep_usage.count()),
                                      config::k_day_units)
                      : "forever");
    writer.field("max_counters", std::uint64_t{ledger.max_counters});
    writer.field("linger", quantity_text(static_cast<std::uint64_t>(ledger.linger.count()),
                                         config::k_duration_units));
    writer.field("sync", ledger.sync == config::Sync::disk ? "disk" : "os").end_object();
}

void write_scope(PrettyWriter& writer, const config::Scope& scope) {
    writer.key("match").begin_object();
    for (std::size_t i = 0; i < scope.match.size(); ++i) {
        if (scope.match[i].empty()) continue;
        writer.key(name_of(static_cast<config::Subject>(i))).begin_array();
        for (const auto& pattern : scope.match[i]) writer.value(pattern);
        writer.end_array();
    }
    writer.end_object();
    if (scope.each) writer.field("each", name_of(*scope.each));
}

void write_period(PrettyWriter& writer, const config::Period& period) {
    writer.field("per", config::name_of(period.unit));
    if (period.unit == calendar::Unit::none) return;
    writer.key("reset").begin_object();
    if (period.unit == calendar::Unit::month) writer.field("day", period.day);
    if (period.unit == calendar::Unit::week) {
        writer.field("day", k_weekdays[static_cast<std::size_t>(period.day - 1)]);
    }
    if (period.unit >= calendar::Unit::day) writer.field("hour", period.hour);
    if (period.unit >= calendar::Unit::hour) writer.field("minute", period.minute);
    writer.field("zone", period.zone).end_object();
}

void write_budget(PrettyWriter& writer, const config::Config& config,
                  const config::Budget& budget) {
    const bool money = budget.unit == config::BudgetUnit::micro_usd;
    writer.begin_object().field("name", budget.name);
    writer.field("limit", amount_text(budget));
    if (!money) writer.field("count", name_of(budget.count));
    write_period(writer, budget.period);
    write_scope(writer, budget.scope);
    writer.field("mode", name_of(budget.mode)).key("warn_at").begin_array();
    for (const int share : budget.warn_at) {
        writer.value(fmt::format("{}.{:02}%", share / 100, share % 100));
    }
    writer.end_array();
    if (budget.webhook) writer.field("webhook", config.webhooks[*budget.webhook].name);
    writer.field("line", budget.at.line).end_object();
}

void write_rate(PrettyWriter& writer, std::string_view name,
                const std::optional<config::Rate>& rate) {
    if (!rate) return;
    writer.field(name, rate_text(*rate));
    writer.field(fmt::format("burst_{}", name), rate->burst);
}

void write_limit(PrettyWriter& writer, const config::Limit& limit) {
    writer.begin_object().field("name", limit.name);
    write_scope(writer, limit.scope);
    write_rate(writer, "requests", limit.requests);
    write_rate(writer, "tokens", limit.tokens);
    if (limit.concurrent > 0) writer.field("concurrent", limit.concurrent);
    write_on_limit(writer, limit.queue_wait, limit.queue_length);
    writer.field("line", limit.at.line).end_object();
}

}  // namespace

void write_on_limit(PrettyWriter& writer, std::chrono::milliseconds wait, std::size_t length) {
    const bool waits = wait.count() > 0;
    writer.field("on_limit", waits ? "queue:" + duration_text(wait) : "reject");
    if (waits) writer.field("queue_length", std::uint64_t{length});
}

void write_rules(PrettyWriter& writer, const config::Config& config) {
    write_ledger(writer, config.ledger);
    writer.key("budgets").begin_array();
    for (const auto& budget : config.budgets) write_budget(writer, config, budget);
    writer.end_array().key("limits").begin_array();
    for (const auto& limit : config.limits) write_limit(writer, limit);
    writer.end_array();
}

}  // namespace bw::pages
