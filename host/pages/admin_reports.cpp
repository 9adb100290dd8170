// The reports for operators: /admin/usage, /admin/budgets and /admin/explain; and
// /admin/budgets/reset, which sets what was used of a budget to 0.
#include "json/value.hpp"

#include "http/query.hpp"
#include "ledger/clock.hpp"
#include "observe/log.hpp"
#include "pages/admin.hpp"
#include "report/budget_report.hpp"
#include "report/usage_report.hpp"

namespace bellwether::pages {
namespace {

front::Answer no_ledger() {
    return front::to_answer(
        front::error_reply(404, "invalid_request_error", "no_ledger", report::k_no_ledger));
}

front::Answer unreadable_ledger(const Error& error) {
    return front::to_answer(
        front::error_reply(503, "server_error", "ledger_unavailable", error.message));
}

front::Answer unknown_budget(std::string_view message) {
    return front::to_answer(
        front::error_reply(404, "invalid_request_error", "unknown_budget", message, "name"));
}

}  // namespace

// ?by=model&since=30d&until=now&zone=UTC&top=10. Reading blocks the other admin pages, but no
// client's call.
front::Answer admin_usage(const AdminRequest& request, const front::Context& context) {
    ledger::Store* const store = context.running.ledger.get();
    if (store == nullptr) return no_ledger();
    const auto word = [&](std::string_view name) { return http::query_value(request.query, name); };
    const auto question = report::parse_usage({.by = word("by"),
                                               .since = word("since"),
                                               .until = word("until"),
                                               .zone = word("zone"),
                                               .top = word("top")},
                                              ledger::system_time_us());
    if (!question) {
        return front::to_answer(front::error_reply(400, "invalid_request_error", {},
                                                   question.error().what, question.error().word));
    }
    const auto report = report::usage_report(*store, *question);
    if (!report) return unreadable_ledger(report.error());
    return {.status = 200, .body = to_json(*report, context.host.config)};
}

// ?name=NAME; without a name, all budgets and limits.
front::Answer admin_budgets(const AdminRequest& request, const front::Context& context) {
    const config::Config& config = context.host.config;
    ledger::Store* const store = context.running.ledger.get();
    if (store == nullptr) return no_ledger();
    const auto question =
        report::parse_budget(config, http::query_value(request.query, "name").value_or(""));
    if (!question) return unknown_budget(question.error());
    const auto counters = store->counters();
    if (!counters) return unreadable_ledger(counters.error());
    const auto report =
        report::budget_report(config, *counters, ledger::system_time_us(), *question);
    return {.status = 200, .body = to_json(report, config)};
}

front::Answer admin_budgets_reset(const AdminRequest& request, const front::Context& context) {
    ledger::Store* const store = context.running.ledger.get();
    if (store == nullptr) return no_ledger();
    const bool valid = json::valid(request.body);
    const std::string name = valid ? json::Value(request.body)["name"].string() : std::string();
    if (name.empty()) {
        return front::to_answer(front::error_reply(
            400, "invalid_request_error", {}, R"(Send {"name": "the budget's name"}.)", "name"));
    }
    const auto question = report::parse_budget_reset(context.host.config, name);
    if (!question) return unknown_budget(question.error());
    const auto counters = store->reset(question->name);
    if (!counters) return unreadable_ledger(counters.error());
    observe::info("the budget {} begins anew: counters set to 0: {}", name, *counters);
    return {.status = 200,
            .body = to_json(report::BudgetReset{.name = name, .counters = *counters})};
}

// ?model=NAME[&key=KEY][&user=USER]: who serves a model, how and why, what would count the call,
// and whether a client key may use it.
front::Answer admin_explain(const AdminRequest& request, const front::Context& context) {
    const auto word = [&](std::string_view name) { return http::query_value(request.query, name); };
    const auto model = word("model");
    if (!model) {
        return front::to_answer(
            front::error_reply(400, "invalid_request_error", "missing_required_parameter",
                               "Name a model: /admin/explain?model=NAME.", "model"));
    }
    const auto explanation = explain(
        context.host,
        {.model = *model, .key = word("key").value_or(""), .user = word("user").value_or("")},
        &context.running.upstreams->targets);
    if (!explanation) return {.status = 404, .body = to_json(explanation.error())};
    return {.status = 200, .body = to_json(*explanation)};
}

std::expected<report::Explanation, report::NotExplained> explain(
    const front::Host& host, const report::ExplainQuestion& question,
    const route::TargetStates* states) {
    return report::explain({.config = host.config,
                            .registry = host.registry,
                            .routes = host.routes,
                            .catalogue = host.catalogue,
                            .keys = host.keys,
                            .states = states},
                           question);
}

}  // namespace bellwether::pages
