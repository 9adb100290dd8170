// /admin/budgets: how the budgets and limits stand; /admin/budgets/reset: begins one anew.
#include <bellwether/json.hpp>

#include "http/query.hpp"
#include "ledger/clock.hpp"
#include "observe/log.hpp"
#include "pages/admin.hpp"
#include "pages/budgets_json.hpp"
#include "pages/no_ledger.hpp"

namespace bw::pages {
namespace {

front::Answer unknown(const config::Config& config, std::string_view name) {
    return front::to_answer(front::error_reply(404, "invalid_request_error", "unknown_budget",
                                               unknown_budget(config, name), "name"));
}

}  // namespace

front::Answer admin_budgets(const AdminRequest& request, const front::Context& context) {
    const config::Config& config = context.host.config;
    ledger::Store* const store = context.running.ledger.get();
    if (store == nullptr) return no_ledger();
    const std::string name = http::query_value(request.query, "name").value_or("");
    if (!name.empty() && !is_reported(config, name)) return unknown(config, name);
    const auto counters = store->counters();
    if (!counters) return unreadable_ledger(counters.error());
    const auto report = policy::budget_report(config, *counters, ledger::system_time_us());
    return {.status = 200, .body = budgets_json(report, config, name)};
}

front::Answer admin_budgets_reset(const AdminRequest& request, const front::Context& context) {
    const config::Config& config = context.host.config;
    ledger::Store* const store = context.running.ledger.get();
    if (store == nullptr) return no_ledger();
    const bool valid = json::valid(request.body);
    const std::string name = valid ? json::Value(request.body)["name"].string() : std::string();
    if (name.empty()) {
        return front::to_answer(front::error_reply(
            400, "invalid_request_error", {}, R"(Send {"name": "the budget's name"}.)", "name"));
    }
    if (!is_budget(config, name)) {
        return unknown(config, name);
    }
    const auto counters = store->reset(name);
    if (!counters) return unreadable_ledger(counters.error());
    observe::info("the budget {} begins anew: counters set to 0: {}", name, *counters);
    return {.status = 200, .body = reset_json(name, *counters)};
}

}  // namespace bw::pages
