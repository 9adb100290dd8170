#include "pages/surface.hpp"

#include <fmt/format.h>

#include "config/key_form.hpp"
#include "front/client_key.hpp"
#include "http/query.hpp"
#include "json/writer.hpp"
#include "pages/metrics_page.hpp"

namespace bellwether::pages {
namespace {

bool is_read(const http::IncomingRequest& request) {
    return request.method == "GET" || request.method == "HEAD";
}

void write_model(json::Writer& writer, const route::CatalogueEntry& entry, std::int64_t created) {
    writer.begin_object().field("id", entry.id).field("object", "model");
    writer.field("created", created).field("owned_by", entry.owned_by).end_object();
}

front::Answer list_models(const front::Host& host, const config::Key* caller) {
    json::Writer writer;
    writer.begin_object().field("object", "list").key("data").begin_array();
    for (const auto& entry : host.catalogue.entries()) {
        if (config::may_use(caller, entry.id)) write_model(writer, entry, host.started_unix);
    }
    writer.end_array().end_object();
    return {.status = 200, .body = writer.text()};
}

front::Answer one_model(const front::Host& host, std::string_view encoded,
                        const config::Key* caller) {
    const std::string id = http::percent_decoded(encoded);
    if (!config::may_use(caller, id)) return front::to_answer(front::no_access(*caller, id));
    const auto* entry = host.catalogue.find(id);
    if (entry == nullptr) {
        return front::to_answer(front::error_reply(404, "invalid_request_error", "model_not_found",
                                                   host.catalogue.not_found_message(id, caller),
                                                   "model"));
    }
    json::Writer writer;
    write_model(writer, *entry, host.started_unix);
    return {.status = 200, .body = writer.text()};
}

// `metrics`: whether this listener serves metrics. It does not if there are client keys: metrics
// show everybody's calls, and a key is only for its owner's calls.
front::Answer unknown_url(const http::IncomingRequest& request, bool metrics) {
    std::string served;
    for (const OperationFacts& one : k_operations) {
        served.append(served.empty() ? "" : ", ").append(one.path);
    }
    front::ErrorReply error = front::error_reply(
        404, "invalid_request_error", "unknown_url",
        fmt::format("Unknown request URL: {} {}. The host serves {}, /v1/models{} and /health{}.",
                    request.method, request.path, served, metrics ? ", /metrics" : "",
                    metrics ? "" : "; metrics are on the admin listener"));
    return front::to_answer(front::in_dialect(dialect_at(request.path), std::move(error)));
}

}  // namespace

bool is_health(std::string_view path) {
    return path == "/health" || path == "/health/readiness" || path == "/health/liveliness" ||
           path == "/health/liveness";
}

std::optional<front::Answer> health(std::string_view path, const front::Context& context) {
    const auto status = [](int code, std::string_view word) {
        return front::Answer{.status = code, .body = fmt::format(R"({{"status":"{}"}})", word)};
    };
    if (path == "/health/liveliness" || path == "/health/liveness") return status(200, "ok");
    if (path == "/health" || path == "/health/readiness") {
        return context.is_ending() ? status(503, "draining") : status(200, "ok");
    }
    return std::nullopt;
}

front::Answer answer_for(const http::IncomingRequest& request, const front::Context& context,
                         const config::Key* caller) {
    const std::string_view path = request.path;
    for (const OperationFacts& one : k_operations) {
        if (path != one.path) continue;
        if (request.method != "POST")
            return front::method_not_allowed(request.method, path, "POST");
        return {.operation = one.operation, .status = 200};
    }
    constexpr std::string_view k_models = "/v1/models";
    const bool models = path == k_models || path.starts_with("/v1/models/");
    const bool with_metrics = context.host.keys.is_open();
    const bool metrics = with_metrics && path == "/metrics";
    auto healthy = health(path, context);
    if ((models || metrics || healthy) && !is_read(request)) {
        return front::method_not_allowed(request.method, path, "GET, HEAD");
    }
    if (metrics) return metrics_page(context);
    if (healthy) return std::move(*healthy);
    if (path == k_models) return list_models(context.host, caller);
    if (models) return one_model(context.host, path.substr(k_models.size() + 1), caller);
    return unknown_url(request, with_metrics);
}

}  // namespace bellwether::pages
