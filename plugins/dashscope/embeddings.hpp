// Embeddings: OpenAI's request as DashScope takes it, and its answer as OpenAI's.
#pragma once

#include "messages.hpp"

#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>
#include <bellwether/openai_compatible/embeddings.hpp>
#include <bellwether/provider.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace dashscope {

// `count` becomes the number of the texts.
inline std::string embeddings_body(const json::Value& asked, std::size_t& count) {
    const auto texts = bw::openai::embedding_texts(asked["input"]);
    if (!texts) throw unsupported("input", "must be of texts for DashScope");
    if (texts->empty()) throw bw::Error(BW_E_INVALID, "input is missing").param("input");
    count = texts->size();
    std::string body;
    json::Writer json(body);
    json.object().member("model", asked["model"].string()).object("input").array("texts");
    for (const json::Value& text : *texts) json.value(text);
    json.end().end().object("parameters").maybe("dimension", asked["dimensions"]);
    for (const json::Member& member : asked.members()) {
        constexpr std::string_view k_openais[] = {"model", "input", "dimensions", "user",
                                                  "encoding_format"};
        const bool own = std::none_of(std::begin(k_openais), std::end(k_openais),
                                      [&](std::string_view name) { return member.key_is(name); });
        if (own && member.value()) json.member(member.key(), member.value());
    }
    json.finish();
    return body;
}

// In the order of the texts, whatever the answer's is.
inline std::string embeddings_reply(const json::Value& answer, std::string_view model,
                                    bool as_base64, std::size_t count, std::int64_t tokens) {
    std::vector<json::Value> embeddings(count);
    std::size_t place = 0;
    for (const json::Value& each : answer["output"]["embeddings"].elements()) {
        const auto index =
            each["text_index"].integer().value_or(static_cast<std::int64_t>(place++));
        if (index < 0 || static_cast<std::size_t>(index) >= count) continue;
        embeddings[static_cast<std::size_t>(index)] = each["embedding"];
    }
    const auto reply = bw::openai::embeddings_reply(model, embeddings, as_base64, tokens);
    if (!reply) throw bw::Error(BW_E_PROTOCOL, "DashScope's embeddings cannot be read");
    return *reply;
}

}  // namespace dashscope
