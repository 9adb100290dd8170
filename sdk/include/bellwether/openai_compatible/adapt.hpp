// The client's request as the API takes it: what the table's quirks ask to be changed. Part of
// <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/openai_compatible/api.hpp>
#include <bellwether/openai_compatible/edit.hpp>
#include <bellwether/openai_compatible/errors.hpp>
#include <bellwether/openai_compatible/refusals.hpp>
#include <bellwether/provider.hpp>
#include <bellwether/version.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1::openai {

struct Adapted {
    std::string body;    // empty if the request will do as it is, as nearly all do
    bool folds = false;  // the API is asked for a stream where the client asked for none
    std::vector<detail::Refused> added;  // what the client did not ask for itself
};

// How an API and its config want requests to be.
struct Adapting {
    const Api& api;
    const Quirks& quirks;      // the table's, or the config's
    bool think_only_if_asked;  // for all models, not only for those marked stream_only
    const Refusals& refusals;  // what it has refused so far
};

namespace detail {

// Adapts one request: each change is made to a copy, and the first one makes it.
class Adapter {
  public:
    Adapter(const Adapting& how, const Request& request) : how_(how), request_(request) {}

    Adapted adapt() {
        leave_out_stream_options();
        rename_limit();
        if (!how_.quirks.developer_role) rename_developer();
        // The reply is converted to what the client asked for.
        if (!how_.quirks.base64_embeddings && request_.operation() == Operation::embeddings &&
            request_.json()["encoding_format"].equals("base64")) {
            put("encoding_format", "\"float\"");
        }
        if (!request_.stream() && request_.operation() == Operation::chat) see_to_thinking();
        return std::move(adapted_);
    }

  private:
    std::string_view now() const {
        return adapted_.body.empty() ? request_.body() : std::string_view(adapted_.body);
    }
    void put(std::string_view member, std::string_view value) {
        adapted_.body = json::with_member(now(), member, value);
    }
    bool refused(std::string_view member) const {
        return how_.refusals.has(request_.model(), member);
    }
    bool takes_stream_options() const {
        return how_.quirks.stream_options && !refused("stream_options");
    }
    std::string_view config_key(std::string_view key) const {
        return how_.quirks.configurable ? key : "";
    }

    // The host asks every stream for its usage, whatever the client did.
    void leave_out_stream_options() {
        if (takes_stream_options()) {
            if (request_.stream()) note_stream_options();
        } else if (request_.json()["stream_options"].kind() != json::Kind::missing) {
            adapted_.body = json::without_member(now(), "stream_options");
        }
    }
    void note_stream_options() {
        adapted_.added.push_back({"stream_options", "", config_key("stream_options")});
    }

    // One name of the limit, for APIs and models that refuse the other one.
    void rename_limit() {
        const bool older = !how_.quirks.max_completion_tokens || refused("max_completion_tokens");
        const bool newer = !how_.quirks.max_tokens || refused("max_tokens");
        if (older == newer || request_.operation() == Operation::embeddings) return;
        if (older) return rename("max_completion_tokens", "max_tokens", true);
        if (request_.operation() == Operation::chat) {
            rename("max_tokens", "max_completion_tokens", false);
        }
    }
    // `wins`: where both are given, the value of `from` is what holds.
    void rename(std::string_view from, std::string_view to, bool wins) {
        const json::Value limit = request_.json()[from];
        if (!limit) return;
        adapted_.body = json::without_member(now(), from);
        if (wins || !request_.json()[to]) put(to, limit.raw());
    }

    void rename_developer() {
        if (now().find("\"developer\"") == std::string_view::npos) return;
        std::vector<Edit> edits;
        for (const json::Value& message : json::Value(now())["messages"].elements()) {
            const json::Value role = message["role"];
            const std::string_view raw = role.raw();
            if (!role.equals("developer")) continue;
            edits.push_back({raw.data(), raw.data() + raw.size(), "\"system\""});
        }
        if (edits.empty()) return;
        std::string renamed;
        apply_edits(now(), edits, renamed);
        adapted_.body = std::move(renamed);
    }

    void see_to_thinking() {
        const json::Value asked = request_.json()["enable_thinking"];
        const Model* const model = find_model(how_.api, request_.model());
        const bool stream_only = model != nullptr && model->stream_only;
        const bool unsaid = asked.kind() == json::Kind::missing;
        const bool off =
            how_.think_only_if_asked || (stream_only && how_.quirks.default_enable_thinking_false);
        if (unsaid && off && !refused("enable_thinking")) {
            put("enable_thinking", "false");
            adapted_.added.push_back(
                {"enable_thinking", "", config_key("default_enable_thinking_false")});
            return;
        }
        if (stream_only && (unsaid || asked.boolean(true))) ask_for_stream();
    }

    void ask_for_stream() {
        adapted_.folds = true;
        put("stream", "true");
        if (!takes_stream_options()) return;
        put("stream_options", R"({"include_usage":true})");
        note_stream_options();
    }

    const Adapting& how_;
    const Request& request_;
    Adapted adapted_;
};

}  // namespace detail

inline Adapted adapt(const Adapting& how, const Request& request) {
    return detail::Adapter(how, request).adapt();
}

}  // namespace bw::v1::openai
