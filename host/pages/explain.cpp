#include "pages/explain.hpp"

#include "json/writer.hpp"
#include "route/explain.hpp"

namespace bw::pages {
namespace {

ExplainReply unknown(const front::Host& host, std::string_view model) {
    ExplainReply reply{.text = host.catalogue.not_found_message(model)};
    json::PrettyWriter writer;
    writer.begin_object().field("model", model).field("error", reply.text);
    writer.key("models").begin_array();
    for (const auto& entry : host.catalogue.entries()) writer.value(entry.id);
    reply.json = writer.end_array().end_object().text();
    return reply;
}

}  // namespace

ExplainReply explain(const front::Host& host, std::string_view model) {
    const auto explanation =
        route::explain(host.config, host.registry, host.routes.prices(), model);
    if (!explanation) return unknown(host, model);
    return {.found = true, .json = to_json(*explanation), .text = to_text(*explanation)};
}

}  // namespace bw::pages
