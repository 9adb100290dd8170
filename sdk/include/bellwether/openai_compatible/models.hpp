// The list of models of an OpenAI-compatible provider: GET {base_url}/models, ids in data[].id.
// Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/openai_compatible.hpp>
#include <bellwether/version.hpp>

namespace bw::v1::openai {

inline void Provider::Call::take_models(std::string_view body) const {
    const json::Value data = json::Value(body)["data"];
    if (!json::valid(body) || data.kind() != json::Kind::array) {
        throw Error(BW_E_PROTOCOL, provider_.name_ + " answered " + url_ +
                                       " with something that is no list of models: \"" +
                                       detail::excerpt(body) + "\"; check that base_url is right")
            .code("malformed_reply");
    }
    for (const json::Value& model : data.elements()) {
        const std::string id = model["id"].string();
        attempt_.add_model({id});
    }
}

}  // namespace bw::v1::openai
