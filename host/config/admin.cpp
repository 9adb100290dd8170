// [admin].
#include <fmt/format.h>

#include "config/sections.hpp"

namespace bw::config {

// Whoever reaches the admin listener can change the host: it stays on loopback even where the host
// itself may be reached from outside.
void read_admin(Section& root, Config& config) {
    auto section = root.table("admin");
    if (!section) return;
    Admin& admin = config.admin;
    if (const auto given = section->text("listen")) {
        auto endpoint = parse_endpoint(given->value);
        admin.on = given->value != "off";
        if (endpoint) {
            admin.host = std::move(endpoint->host);
            admin.port = endpoint->port;
        } else if (admin.on) {
            const auto& fault = endpoint.error();
            section->report().error(
                given->at, fmt::format("admin.listen = {} {}", in_quotes(given->value), fault.what),
                R"(a loopback address such as "127.0.0.1:4142", or "off")", fault.hint);
        }
    }
    if (admin.on && admin.port != 0 && admin.port == config.server.port &&
        admin.host == config.server.host) {
        section->report().error(
            section->at(),
            fmt::format("admin.listen and server.listen are both {}:{}", admin.host, admin.port),
            "two addresses");
    }
    section->finish();
}

}  // namespace bw::config
