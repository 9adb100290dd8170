// /admin/reload: reads the config again, or says how the last reload went.
#include <fmt/format.h>

#include "config/report.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "pages/admin.hpp"

namespace bellwether::pages {
namespace {

using report::ReloadOutcome;
using report::ReloadReport;

void write_report(json::PrettyWriter& writer, const ReloadReport& report) {
    writer.field("outcome", report::k_reload_outcomes[static_cast<std::size_t>(report.outcome)]);
    writer.field("generation", report.generation);
    writer.key("changes").begin_array();
    for (const auto& change : report.changes) {
        writer.begin_object().field("setting", change.name);
        writer.key("before").raw(change.before.empty() ? "null" : change.before);
        writer.key("now").raw(change.now.empty() ? "null" : change.now);
        writer.field("text", report::to_string(change)).end_object();
    }
    writer.end_array().field_list("needs_restart", report.needs_restart);
    writer.key("diagnostics").begin_array();
    for (const auto& diagnostic : report.diagnostics) writer.value(to_string(diagnostic));
    writer.end_array();
}

// A refusal is an error in the usual envelope, with the report beside it.
front::Answer answer_of(const ReloadReport& report) {
    json::PrettyWriter writer;
    writer.begin_object();
    const bool refused = report.outcome == ReloadOutcome::refused;
    if (refused) {
        writer.key("error").begin_object();
        writer.field("message",
                     report.fault.empty()
                         ? "The config has mistakes; the host goes on with the one it has."
                         : report.fault);
        writer.field("type", "invalid_request_error").key("param").null();
        writer.field("code", "reload_refused").end_object();
    }
    write_report(writer, report);
    writer.end_object();
    return {.status = refused ? 422 : 200,
            .body = writer.text(),
            .code = refused ? "reload_refused" : ""};
}

front::Answer refuse(int status, std::string_view code, std::string_view message) {
    return front::to_answer(
        front::error_reply(status, "invalid_request_error", code, message, "dry_run"));
}

}  // namespace

front::Answer admin_reload(const AdminRequest& request, const front::Context& context) {
    const auto& ask = context.running.process.reload;
    if (!ask || context.running.process.draining) {
        return refuse(409, "draining", "The host is about to end.");
    }
    if (!request.body.empty() && !json::valid(request.body)) {
        return refuse(400, {}, "The body is not valid JSON.");
    }
    const json::Value dry_run = json::Value(request.body)["dry_run"];
    if (dry_run && dry_run.kind() != json::Kind::boolean) {
        return refuse(400, {}, R"(Send {"dry_run": true}, or false, or nothing.)");
    }
    report::ReloadOrder order{.by = "POST /admin/reload", .dry_run = dry_run.raw() == "true"};
    return {.later = [&ask, order](std::function<void(front::Answer)> done) {
        ask(order, [done](const ReloadReport& report) { done(answer_of(report)); });
    }};
}

}  // namespace bellwether::pages
