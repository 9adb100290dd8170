// /admin/usage?by=model&since=30d&until=now&zone=UTC&top=10: what was used, added up.
#include "http/query.hpp"
#include "ledger/clock.hpp"
#include "pages/admin.hpp"
#include "pages/no_ledger.hpp"
#include "pages/usage_json.hpp"

namespace bw::pages {

// Reads every row of the time that it is about, which takes a second or so for each million; calls
// are served meanwhile, other admin pages are not.
front::Answer admin_usage(const AdminRequest& request, const front::Context& context) {
    ledger::Store* const store = context.running.ledger.get();
    if (store == nullptr) return no_ledger();
    const auto word = [&](std::string_view name) { return http::query_value(request.query, name); };
    const auto question = parse_usage({.by = word("by"),
                                       .since = word("since"),
                                       .until = word("until"),
                                       .zone = word("zone"),
                                       .top = word("top")},
                                      ledger::system_time_us());
    if (!question) {
        return front::to_answer(front::error_reply(400, "invalid_request_error", {},
                                                   question.error().what, question.error().word));
    }
    policy::UsageReporter reporter(question->by, question->zone);
    const auto done = store->each_usage(
        question->span, [&reporter](const ledger::UsageRow& row) { reporter.add(row); });
    if (!done) return unreadable_ledger(done.error());
    return {.status = 200,
            .body = usage_json(reporter.take(question->top), *question, context.host.config)};
}

}  // namespace bw::pages
