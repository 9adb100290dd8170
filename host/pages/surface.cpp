#include "pages/surface.hpp"

#include <fmt/format.h>

#include <array>

#include "http/query.hpp"
#include "json/writer.hpp"
#include "pages/health.hpp"
#include "pages/metrics_page.hpp"

namespace bw::pages {
namespace {

constexpr std::array k_operations{Operation::chat, Operation::completions, Operation::embeddings};

bool is_read(const http::Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

void write_model(json::Writer& writer, const route::CatalogueEntry& entry, std::int64_t created) {
    writer.begin_object().field("id", entry.id).field("object", "model");
    writer.field("created", created).field("owned_by", entry.owned_by).end_object();
}

front::Answer list_models(const front::Host& host) {
    json::Writer writer;
    writer.begin_object().field("object", "list").key("data").begin_array();
    for (const auto& entry : host.catalogue.entries())
        write_model(writer, entry, host.started_unix);
    writer.end_array().end_object();
    return {.status = 200, .body = writer.text()};
}

front::Answer one_model(const front::Host& host, std::string_view encoded) {
    const std::string id = http::percent_decoded(encoded);
    const auto* entry = host.catalogue.find(id);
    if (entry == nullptr) {
        return front::to_answer(front::error_reply(404, "invalid_request_error", "model_not_found",
                                                   host.catalogue.not_found_message(id), "model"));
    }
    json::Writer writer;
    write_model(writer, *entry, host.started_unix);
    return {.status = 200, .body = writer.text()};
}

}  // namespace

front::Answer answer_for(const http::Request& request, const front::Context& context) {
    const std::string_view path = request.path;
    for (const Operation operation : k_operations) {
        if (path != path_of(operation)) continue;
        if (request.method != "POST")
            return front::method_not_allowed(request.method, path, "POST");
        return {.operation = operation, .status = 200};
    }
    constexpr std::string_view k_models = "/v1/models";
    const bool models = path == k_models || path.starts_with("/v1/models/");
    const bool metrics = path == "/metrics";
    auto healthy = health(path, context);
    if ((models || metrics || healthy) && !is_read(request)) {
        return front::method_not_allowed(request.method, path, "GET, HEAD");
    }
    if (metrics) return metrics_page(context);
    if (healthy) return std::move(*healthy);
    if (path == k_models) return list_models(context.host);
    if (models) return one_model(context.host, path.substr(k_models.size() + 1));
    return front::to_answer(
        front::error_reply(404, "invalid_request_error", "unknown_url",
                           fmt::format("Unknown request URL: {} {}. The host serves "
                                       "/v1/chat/completions, /v1/completions, /v1/embeddings, "
                                       "/v1/models, /metrics and /health.",
                                       request.method, path)));
}

}  // namespace bw::pages
