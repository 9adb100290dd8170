// [admin].
#include <fmt/format.h>

#include "config/sections.hpp"

namespace bw::config {
namespace {

// Whether a socket on `host` takes what is sent to `other`, of the same port.
bool covers(const std::string& host, const std::string& other) {
    return host == other || host == "::" || (host == "0.0.0.0" && other.find(':') == other.npos);
}

void read_listen(Section& section, const Text& given, Admin& admin) {
    auto endpoint = parse_endpoint(given.value);
    if (endpoint && endpoint->loopback) {
        admin.host = std::move(endpoint->host);
        admin.port = endpoint->port;
        return;
    }
    section.report().error(
        given.at,
        fmt::format("admin.listen = {} {}", in_quotes(given.value),
                    endpoint ? "can be reached from other machines" : endpoint.error().what),
        R"(a loopback address such as "127.0.0.1:4142", or "off")",
        endpoint ? std::string() : endpoint.error().hint);
}

}  // namespace

// Whoever reaches the admin listener can change the host: it stays on loopback even where the host
// itself may be reached from outside.
void read_admin(Section& root, Config& config) {
    auto section = root.table("admin");
    if (!section) return;
    Admin& admin = config.admin;
    if (const auto given = section->text("listen")) {
        admin.on = given->value != "off";
        if (admin.on) read_listen(*section, *given, admin);
    }
    if (admin.on && admin.port != 0 && admin.port == config.server.port &&
        covers(config.server.host, admin.host)) {
        section->report().error(section->at(),
                                fmt::format("admin.listen is {}:{}, where server.listen is, too",
                                            admin.host, admin.port),
                                "two addresses");
    }
    section->finish();
}

}  // namespace bw::config
