// The list of models of an OpenAI-compatible provider: GET {base_url}/models, ids in data[].id.
#pragma once

#include <bellwether/openai_compatible.hpp>

namespace bw::openai {

inline void Provider::ask_models(const ModelsQuery& query) const {
    Sending sending = query.get(base_url_ + path_prefix_ + "/models");
    if (has_key_) sending.secret("authorization", "Bearer ", "api_key");
    for (const auto& [name, value] : headers_) sending.header(name, value);
}

inline void Provider::read_models(const ModelsReply& reply) const {
    const std::string url = base_url_ + path_prefix_ + "/models";
    const std::string_view text = detail::bare(reply.body());
    if (!reply.head().ok()) {
        throw upstream_failure({api_, name_, "", url, reply.head().status(), {}, has_key_}, text);
    }
    const json::Value data = json::Value(text)["data"];
    if (!json::valid(text) || data.kind() != json::Kind::array) {
        throw Error(BW_E_PROTOCOL, name_ + " answered " + url +
                                       " with something that is no list of models: \"" +
                                       detail::excerpt(text) + "\"; check that base_url is right")
            .code("malformed_reply");
    }
    for (const json::Value& model : data.elements()) reply.add(model["id"].string());
}

}  // namespace bw::openai
