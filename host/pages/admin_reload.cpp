// /admin/reload reads the config again; /admin/plugins/load and its like change one provider alone.
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
    for (const auto& change : report.told_changes()) {
        writer.begin_object().field("setting", change.name);
        writer.key("before").raw(change.before.empty() ? "null" : change.before);
        writer.key("now").raw(change.now.empty() ? "null" : change.now);
        writer.field("text", report::to_string(change)).end_object();
    }
    writer.end_array().field("changes_left_out", report.changes_left_out());
    writer.field_list("needs_restart", report.needs_restart);
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

front::Answer refuse(int status, std::string_view code, std::string_view message,
                     std::string_view param) {
    return front::to_answer(
        front::error_reply(status, "invalid_request_error", code, message, param));
}

// Nothing: the body is not as it must be. A misspelt word must not make a reload of what was meant
// as a trial.
std::optional<bool> dry_run_of(std::string_view body) {
    if (body.empty()) return false;
    const json::Value order(body);
    if (!json::valid(body) || order.kind() != json::Kind::object) return std::nullopt;
    bool dry_run = false;
    for (const auto& member : order.members()) {
        const bool known = member.key_is("dry_run") && member.value().kind() == json::Kind::boolean;
        if (!known) return std::nullopt;
        dry_run = member.value().raw() == "true";
    }
    return dry_run;
}

front::Answer ask(const front::Context& context, report::ReloadOrder order) {
    const auto& reload = context.running.process.reload;
    if (!reload || context.running.process.draining) {
        return refuse(409, "draining", "The host is about to end.", {});
    }
    return {.later = [&reload, order = std::move(order)](std::function<void(front::Answer)> done) {
        reload(order, [done](const ReloadReport& report) { done(answer_of(report)); });
    }};
}

front::Answer change_plugin(const AdminRequest& request, const front::Context& context,
                            report::ReloadOrder::What what) {
    const std::string provider =
        json::valid(request.body) ? json::Value(request.body)["provider"].string() : std::string();
    if (provider.empty()) {
        return refuse(400, {}, R"(Send {"provider": "NAME"}, a provider of the config.)",
                      "provider");
    }
    return ask(context, {.by = fmt::format("POST {} \"{}\"", request.path, provider),
                         .what = what,
                         .provider = provider});
}

}  // namespace

front::Answer admin_reload(const AdminRequest& request, const front::Context& context) {
    const auto dry_run = dry_run_of(request.body);
    if (!dry_run) {
        return refuse(400, {}, R"(Send {"dry_run": true}, or false, or nothing.)", "dry_run");
    }
    return ask(context, {.by = "POST /admin/reload", .dry_run = *dry_run});
}

front::Answer load_plugin(const AdminRequest& request, const front::Context& context) {
    return change_plugin(request, context, report::ReloadOrder::What::provider);
}

front::Answer unload_plugin(const AdminRequest& request, const front::Context& context) {
    return change_plugin(request, context, report::ReloadOrder::What::unload);
}

}  // namespace bellwether::pages
