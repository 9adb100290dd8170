// `reload`, `upgrade`, and `plugin reload`, `load` and `unload`: orders to a running host.
#include <fmt/format.h>

#include <cstdio>

#include "cli/ask_host.hpp"
#include "cli/cli.hpp"
#include "cli/diagnostic_text.hpp"
#include "cli/host_address.hpp"
#include "cli/terminal.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace bellwether::cli {
namespace {

using json::Value;

// Where the admin listener is; nothing: standard error says why that is not known.
std::optional<std::string> admin_url(const Common& common, std::string given) {
    while (given.ends_with('/')) given.pop_back();
    if (!given.empty()) return given;
    const auto file = find_config(common);
    config::Admin admin;
    if (file) {
        auto read = config::load_admin_listen(*file);
        if (!read) {
            print_diagnostics(read.error());
            return std::nullopt;
        }
        admin = *std::move(read);
    }
    if (admin.on && admin.port != 0) return url_of(admin.host, admin.port);
    fmt::print(stderr,
               "error: the configuration does not tell where the admin listener is (admin.listen "
               "is off or has port 0); name it with --admin URL\n");
    return std::nullopt;
}

void print_report(const Value& report) {
    const std::string generation(report["generation"].raw());
    const bool unchanged = report["outcome"].equals("unchanged");
    if (unchanged) {
        fmt::print("Nothing has changed that a reload changes; generation {} stays.\n", generation);
    } else if (report["outcome"].equals("tried")) {
        fmt::print("The config has no mistake. A reload would change:\n");
    } else {
        fmt::print("Generation {} is in effect. Changed:\n", generation);
    }
    bool any = unchanged;
    for (const Value& change : report["changes"].elements()) {
        if (!unchanged) fmt::print("  {}\n", plain(change["text"].string()));
        any = true;
    }
    if (const auto left_out = report["changes_left_out"].raw();
        !unchanged && !left_out.empty() && left_out != "0") {
        fmt::print("  {} more settings\n", left_out);
    }
    if (!any) fmt::print("  nothing\n");
    for (const Value& name : report["needs_restart"].elements()) {
        fmt::print("{} changes with a restart only.\n", plain(name.string()));
    }
}

void print_upgrade(const Value& report) {
    fmt::print("Process {} has taken over.\n", report["process"].raw());
}

struct HostOrder {
    std::string path;
    std::string body = "{}";
    void (*print)(const Value& report) = print_report;  // what came of it
};

// Posts an order to the host.
int post(const Common& common, const std::string& admin, const HostOrder& order) {
    const auto url = admin_url(common, admin);
    if (!url) return k_usage;
    const auto reply = ask_host("POST", *url + order.path, order.body);
    if (!reply) {
        fmt::print(stderr, "error: {}: {}; is the host running? bellwether serve\n", *url,
                   reply.error().problem);
        return k_failed;
    }
    const Value report(reply->body);
    const bool known = json::valid(reply->body) && (report["outcome"] || report["error"]);
    if (!known) {
        fmt::print(stderr,
                   "error: {} answers with status {}: it is no admin listener of Bellwether that "
                   "knows {}\n",
                   *url, reply->status, order.path);
        return k_failed;
    }
    if (common.json) fmt::print("{}\n", reply->body);
    const bool done = reply->status == 200;
    if (common.json) return done ? k_ok : k_failed;
    for (const Value& line : report["diagnostics"].elements()) {
        fmt::print(stderr, "{}\n", plain(line.string()));
    }
    if (done) {
        order.print(report);
    } else {
        fmt::print(stderr, "error: {}\n", plain(report["error"]["message"].string()));
    }
    return done ? k_ok : k_failed;
}

}  // namespace

int reload(const Common& common, const ReloadOptions& options) {
    return post(common, options.admin,
                {.path = "/admin/reload", .body = options.dry_run ? R"({"dry_run": true})" : "{}"});
}

int upgrade(const Common& common, const ReloadOptions& options) {
    return post(common, options.admin, {.path = "/admin/upgrade", .print = print_upgrade});
}

int plugin_change(const Common& common, const ReloadOptions& options, const std::string& verb,
                  const std::string& provider) {
    json::Writer writer;
    writer.begin_object().field("provider", provider).end_object();
    return post(common, options.admin, {.path = "/admin/plugins/" + verb, .body = writer.text()});
}

}  // namespace bellwether::cli
