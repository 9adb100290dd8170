// The client's request as the API takes it: what the table's quirks ask to be changed. Part of
// <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/api.hpp>
#include <bellwether/openai_compatible/errors.hpp>
#include <bellwether/provider.hpp>

#include <string>
#include <string_view>

namespace bw::openai {

struct Adapted {
    std::string body;    // empty if the request will do as it is, as nearly all do
    bool folds = false;  // the API is asked for a stream where the client asked for none
};

// How an API and its config want requests to be.
struct Adapting {
    const Api& api;
    const Quirks& quirks;      // the table's, or the config's
    bool think_only_if_asked;  // for all models, not only for those marked stream_only
};

namespace detail {

// Without what the API refuses.
inline std::string known_members(const Quirks& quirks, const Request& request) {
    const json::Value body = request.json();
    std::string out;
    const auto now = [&] { return out.empty() ? request.body() : std::string_view(out); };
    if (!quirks.stream_options && body["stream_options"].kind() != json::Kind::missing) {
        out = json::without_member(now(), "stream_options");
    }
    if (!quirks.max_completion_tokens) {
        if (const json::Value limit = body["max_completion_tokens"]) {
            out = json::without_member(now(), "max_completion_tokens");
            out = json::with_member(out, "max_tokens", limit.raw());
        }
    }
    // The reply is converted to what the client asked for.
    if (!quirks.base64_embeddings && request.operation() == Operation::embeddings &&
        body["encoding_format"].equals("base64")) {
        out = json::with_member(now(), "encoding_format", "\"float\"");
    }
    return out;
}

}  // namespace detail

inline Adapted adapt(const Adapting& how, const Request& request) {
    Adapted adapted{detail::known_members(how.quirks, request)};
    if (request.stream() || request.operation() != Operation::chat) return adapted;
    std::string& out = adapted.body;
    const auto now = [&] { return out.empty() ? request.body() : std::string_view(out); };
    const json::Value asked = request.json()["enable_thinking"];
    const Model* const model = detail::find_model(how.api, request.model());
    const bool stream_only = model != nullptr && model->stream_only;
    const bool unsaid = asked.kind() == json::Kind::missing;
    if (unsaid &&
        (how.think_only_if_asked || (stream_only && how.quirks.default_enable_thinking_false))) {
        out = json::with_member(now(), "enable_thinking", "false");
        return adapted;
    }
    const bool thinks = unsaid || asked.boolean(true);
    if (!stream_only || !thinks) return adapted;
    adapted.folds = true;
    out = json::with_member(now(), "stream", "true");
    if (how.quirks.stream_options) {
        out = json::with_member(out, "stream_options", R"({"include_usage":true})");
    }
    return adapted;
}

}  // namespace bw::openai
