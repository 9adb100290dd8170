#include "pages/admin.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "front/http_request.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "pages/build_info.hpp"
#include "pages/canary.hpp"
#include "pages/isolation.hpp"
#include "pages/metrics_page.hpp"
#include "pages/surface.hpp"
#include "plugin/secret_texts.hpp"

namespace bellwether::pages {
namespace {

using Page = front::Answer (*)(const AdminRequest& request, const front::Context& context);

front::Answer metrics(const AdminRequest&, const front::Context& context) {
    return admin_metrics_page(context);
}

front::Answer health_page(const AdminRequest& request, const front::Context& context) {
    return *health(request.path, context);
}

front::Answer plugins(const AdminRequest&, const front::Context& context) {
    json::PrettyWriter writer;
    writer.begin_object().key("plugins").begin_array();
    for (const auto& provider : context.host.registry.providers) {
        const bw_plugin& table = provider->library->table();
        writer.begin_object().field("provider", provider->name).field("plugin", table.id);
        writer.field("version", table.version).field("abi", fmt::format("1.{}", table.abi_minor));
        writer.field("file", provider->library->file().string());
        writer.field("sha256", provider->library->sha256());
        writer.field("base_url", provider->base_url);
        writer.key("operations").begin_array();
        for (const auto operation : provider->manifest.operations) {
            writer.value(to_string(operation));
        }
        writer.end_array().field_or_null("unavailable", provider->unavailable);
        write_isolation(writer, *provider);
        write_canary(writer, context.host.registry, provider->name);
        writer.end_object();
    }
    writer.end_array().end_object();
    return {.status = 200, .body = writer.text()};
}

front::Answer models(const AdminRequest&, const front::Context& context) {
    json::PrettyWriter writer;
    writer.begin_object().key("models").begin_array();
    for (const auto& entry : context.host.catalogue.entries()) route::write_entry(writer, entry);
    writer.end_array().end_object();
    return {.status = 200, .body = writer.text()};
}

front::Answer version(const AdminRequest&, const front::Context& context) {
    const BuildInfo build = build_info();
    json::PrettyWriter writer;
    writer.begin_object().field("version", build.version).field("abi", build.abi);
    writer.field("compiler", build.compiler);
    writer.field("started_unix", context.host.started_unix).end_object();
    return {.status = 200, .body = writer.text()};
}

struct PageEntry {
    std::string_view path;
    std::string_view method;
    Page page;
};

constexpr PageEntry k_pages[] = {
    {"/metrics", "GET", metrics},
    {"/health", "GET", health_page},
    {"/health/liveliness", "GET", health_page},
    {"/health/liveness", "GET", health_page},
    {"/health/readiness", "GET", health_page},
    {"/admin/budgets", "GET", admin_budgets},
    {"/admin/budgets/reset", "POST", admin_budgets_reset},
    {"/admin/config", "GET", admin_config},
    {"/admin/explain", "GET", admin_explain},
    {"/admin/log", "GET", admin_log},
    {"/admin/log", "PUT", set_admin_log},
    {"/admin/models", "GET", models},
    {"/admin/plugins", "GET", plugins},
    {"/admin/plugins/load", "POST", load_plugin},
    {"/admin/plugins/reload", "POST", load_plugin},
    {"/admin/plugins/unload", "POST", unload_plugin},
    {"/admin/reload", "POST", admin_reload},
    {"/admin/upgrade", "POST", admin_upgrade},
    {"/admin/routes", "GET", admin_routes},
    {"/admin/usage", "GET", admin_usage},
    {"/admin/version", "GET", version},
};

std::string names_of_pages() {
    std::string names;
    for (const PageEntry& entry : k_pages) {
        if (names.ends_with(entry.path)) continue;
        names.append(names.empty() ? "" : ", ").append(entry.path);
    }
    return names;
}

front::Answer not_json() {
    return front::to_answer(front::error_reply(415, "invalid_request_error",
                                               "unsupported_media_type", front::k_send_json));
}

// Removes credentials from an answer. No page writes one, but a plugin's own setting or an address
// from the environment may hold one.
front::Answer without_secrets(front::Answer answer, const front::Host& host) {
    plugin::Redactor redactor;
    for (const auto& provider : host.registry.providers) redactor.add(*provider);
    answer.body = redactor.presentable(answer.body);
    return answer;
}

}  // namespace

front::Answer answer_admin(const AdminRequest& request, const front::Context& context) {
    const std::string_view method = request.method == "HEAD" ? "GET" : request.method;
    std::string allowed;
    for (const PageEntry& entry : k_pages) {
        if (entry.path != request.path) continue;
        if (entry.method == method) {
            // A web page in a browser on this machine can reach the listener, too. But before it
            // sends JSON, the browser asks for permission (a preflight), which is never granted.
            if (method != "GET" && !front::is_json(request.content_type)) {
                return not_json();
            }
            front::Answer answer = entry.page(request, context);
            const bool listing = request.path.starts_with("/admin/");
            return listing && !answer.later ? without_secrets(std::move(answer), context.host)
                                            : answer;
        }
        allowed.append(allowed.empty() ? "" : ", ");
        allowed.append(entry.method == "GET" ? "GET, HEAD" : entry.method);
    }
    if (!allowed.empty()) return front::method_not_allowed(request.method, request.path, allowed);
    return front::to_answer(
        front::error_reply(404, "invalid_request_error", "unknown_url",
                           fmt::format("Unknown admin URL: {} {}. There are {}.", request.method,
                                       request.path, names_of_pages())));
}

front::Answer admin_surface(const http::IncomingRequest& request, const front::Context& context,
                            const config::Key* /*caller*/) {
    const auto question = std::min(request.target.find('?'), request.target.size());
    return answer_admin(
        {.method = request.method,
         .path = request.path,
         .query = request.target.substr(std::min(question + 1, request.target.size())),
         .content_type = request.header("content-type"),
         .body = request.body},
        context);
}

}  // namespace bellwether::pages
