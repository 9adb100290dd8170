// /admin/log: the level of the log, to be read and to be changed while the host runs.
#include <algorithm>
#include <array>

#include "json/value.hpp"
#include "json/writer.hpp"
#include "observe/log.hpp"
#include "observe/log_writer.hpp"
#include "pages/admin.hpp"

namespace bellwether::pages {
namespace {

constexpr std::array k_levels{LogLevel::debug, LogLevel::info, LogLevel::warn, LogLevel::error};

front::Answer refuse(std::string_view message) {
    return front::to_answer(front::error_reply(400, "invalid_request_error", {}, message, "level"));
}

}  // namespace

front::Answer admin_log(const AdminRequest&, const front::Context&) {
    json::PrettyWriter writer;
    writer.begin_object().field("level", to_string(observe::least_level()));
    writer.field("format", observe::log_format() == observe::Format::json ? "json" : "text");
    writer.field("access", observe::access_enabled());
    writer.field("lines_dropped", observe::log_lines_dropped()).end_object();
    return {.status = 200, .body = writer.text()};
}

front::Answer set_admin_log(const AdminRequest& request, const front::Context& context) {
    if (!json::valid(request.body)) return refuse("The body is not valid JSON.");
    const std::string wanted = json::Value(request.body)["level"].string();
    for (const LogLevel level : k_levels) {
        if (wanted != to_string(level)) continue;
        // Logs at the most verbose of the old level, the new level and "info", so that the log
        // shows the change.
        observe::set_level(std::min({level, observe::least_level(), LogLevel::info}));
        observe::info("log level: {}", to_string(level));
        observe::set_level(level);
        return admin_log(request, context);
    }
    return refuse(R"(Send {"level": "debug"}, or "info", "warn" or "error".)");
}

}  // namespace bellwether::pages
