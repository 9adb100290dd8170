// /admin/upgrade lets the program that is installed now take over.
#include "json/writer.hpp"
#include "pages/admin.hpp"

namespace bellwether::pages {
namespace {

front::Answer refusal(int status, std::string_view code, std::string_view message) {
    return front::to_answer(front::error_reply(status, "invalid_request_error", code, message, {}));
}

front::Answer answer_of(const report::UpgradeReport& report) {
    if (!report.fault.empty()) return refusal(422, "upgrade_refused", report.fault);
    json::PrettyWriter writer;
    writer.begin_object().field("outcome", "upgraded").field("process", report.process);
    writer.end_object();
    return {.body = writer.text()};
}

}  // namespace

// A word that is not known must not make an upgrade of what was meant as a trial.
front::Answer admin_upgrade(const AdminRequest& request, const front::Context& context) {
    const auto& process = context.running.process;
    if (!request.body.empty() && request.body != "{}") {
        return refusal(400, {}, "Send {}, or nothing: an upgrade takes no words.");
    }
    if (!process.upgrade || process.draining) {
        return refusal(409, "draining", "The host is about to end.");
    }
    return {.later = [&process](std::function<void(front::Answer)> done) {
        process.upgrade("POST /admin/upgrade",
                        [done](const report::UpgradeReport& report) { done(answer_of(report)); });
    }};
}

}  // namespace bellwether::pages
