// bellwether/openai_compatible.hpp - a provider for an API that speaks OpenAI's dialect, as a
// table:
//
//   constexpr bw::openai::Api k_api = { ... };   // see openai_compatible/api.hpp
//   BW_OPENAI_COMPATIBLE(k_api)
//
// Chat, completions and embeddings; streaming and not. The client's request and the upstream's
// reply are handed on as they are, byte for byte, except where a quirk or a mistake of the upstream
// must be mended: errors in any shape, a stream where a reply was asked and the other way round,
// usage on any chunk, tool calls that repeat their names, a stream that just ends or never does.
#pragma once

#include <bellwether/provider.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <bellwether/openai_compatible/adapt.hpp>
#include <bellwether/openai_compatible/api.hpp>
#include <bellwether/openai_compatible/chunk.hpp>
#include <bellwether/openai_compatible/embeddings.hpp>
#include <bellwether/openai_compatible/errors.hpp>
#include <bellwether/openai_compatible/fold.hpp>
#include <bellwether/openai_compatible/usage.hpp>

namespace bw::openai {

// One configured instance of such an API.
class Provider {
  public:
    Provider(const Api& api, const Setup& setup);

    class Call;

    void ask_models(const ModelsQuery& query) const;
    void read_models(const ModelsReply& reply) const;

  private:
    friend class Call;
    std::string url(Operation operation) const;

    const Api& api_;
    Quirks quirks_;
    Host host_;
    std::string name_;
    std::string base_url_;
    std::string path_prefix_;
    std::vector<std::pair<std::string, std::string>> headers_;
    bool think_only_if_asked_ = false;  // for all models, not only for those marked stream_only
    bool has_key_ = false;
    bool needs_key_ = true;
};

// One attempt.
class Provider::Call {
  public:
    Call(Provider& provider, const Request& request, Exchange exchange);

    void head(const Head& head);
    Progress data(const Frame& frame);
    void end();

  private:
    // What the upstream is asked for, against what the client wants.
    bool expects_stream() const { return stream_ || folding_; }
    bool is_chat() const { return operation_ == Operation::chat; }

    void send(const Request& request, std::string_view body);
    void take_whole(std::string_view body);
    void take_chunk(std::string_view chunk);
    void fold(std::string_view chunk);
    void take_usage();
    void take_usage(std::string_view raw, Usage said);
    void emit_whole(std::string_view body);
    void emit_embeddings(std::string_view body);
    void close_stream();
    std::string usage_chunk(std::string_view raw) const;
    Failure failure() const;
    std::string content_type() const;
    [[noreturn]] void protocol_error(std::string_view code, const std::string& what) const;

    Provider& provider_;
    Exchange exchange_;
    Operation operation_;
    bool stream_;           // the client wants a stream
    bool base64_;           // how the client wants its embeddings
    bool folding_ = false;  // chunks are collected into one reply
    bool done_ = false;     // the stream said [DONE], or the reply is out
    bool any_chunk_ = false;
    std::uint32_t http_status_ = 0;
    std::optional<std::int64_t> retry_after_ms_;
    std::string content_type_;  // as it came: for messages
    std::string model_;
    std::string url_;
    ChunkReader reader_;
    std::string edited_;
    Usage usage_;  // all that was said so far
    ChoiceUsages choice_usages_;
    std::string usage_chunk_;  // to be emitted at the end of the stream
    std::optional<Folder> folder_;
};

// ---- Provider --------------------------------------------------------------------------------

inline Provider::Provider(const Api& api, const Setup& setup)
    : api_(api),
      quirks_(api.quirks),
      host_(setup.host()),
      name_(setup.name()),
      base_url_(setup.base_url()),
      path_prefix_(api.quirks.path_prefix),
      has_key_(setup.has_secret("api_key")) {
    if (base_url_.empty()) base_url_ = std::string(api.base_url);
    needs_key_ = quirks_.key == KeyNeed::always ||
                 (quirks_.key == KeyNeed::at_default_base_url && base_url_ == api.base_url);
    if (!quirks_.configurable) return;
    const auto flag = [&](const char* key, bool& value) {
        value = setup.option(key).boolean(value);
    };
    flag("stream_options", quirks_.stream_options);
    flag("max_completion_tokens", quirks_.max_completion_tokens);
    flag("rename_reasoning", quirks_.rename_reasoning);
    flag("base64_embeddings", quirks_.base64_embeddings);
    flag("default_enable_thinking_false", think_only_if_asked_);
    path_prefix_ = setup.option("path_prefix").string(path_prefix_);
    if (!path_prefix_.empty() && path_prefix_.front() != '/') path_prefix_.insert(0, "/");
    for (const json::Member& header : setup.option("headers").members()) {
        if (header.value().kind() != json::Kind::string) {
            throw Error(BW_E_INVALID, name_ + ": headers." + header.key() + " must be a string")
                .param("headers");
        }
        headers_.emplace_back(header.key(), header.value().string());
    }
}

inline std::string Provider::url(Operation operation) const {
    const char* path = "/embeddings";
    if (operation == Operation::chat) path = "/chat/completions";
    if (operation == Operation::completions) path = "/completions";
    return base_url_ + path_prefix_ + path;
}

// ---- Call: asking ----------------------------------------------------------------------------

inline Provider::Call::Call(Provider& provider, const Request& request, Exchange exchange)
    : provider_(provider),
      exchange_(exchange),
      operation_(request.operation()),
      stream_(request.stream()),
      base64_(operation_ == Operation::embeddings &&
              request.json()["encoding_format"].equals("base64")),
      model_(request.model()),
      url_(provider.url(request.operation())),
      reader_(provider.quirks_.rename_reasoning) {
    const Api& api = provider_.api_;
    const bool served = is_chat() || (operation_ == Operation::completions && api.completions) ||
                        (operation_ == Operation::embeddings && api.embeddings);
    if (!served) {
        throw Error(BW_E_UNSUPPORTED, provider_.name_ + " does not serve this kind of request");
    }
    if (provider_.needs_key_ && !provider_.has_key_) {
        throw Error(BW_E_AUTH, provider_.name_ + " has no API key; " + detail::how_to_set_key(api));
    }
    const Adapted adapted =
        adapt({api, provider_.quirks_, provider_.think_only_if_asked_}, request);
    folding_ = adapted.folds;
    send(request, adapted.body.empty() ? request.body() : std::string_view(adapted.body));
}

inline void Provider::Call::send(const Request& request, std::string_view body) {
    // A body that begins with a brace comes whole in any case: so both forms are taken.
    const auto frame = operation_ == Operation::embeddings ? Frame::whole : Frame::sse;
    Sending sending = exchange_.send("POST", url_, frame);
    sending.header("accept", expects_stream() ? "text/event-stream" : "application/json");
    if (provider_.has_key_) sending.secret("authorization", "Bearer ", "api_key");
    if (!request.id().empty()) sending.header("x-client-request-id", request.id());
    for (const auto& [name, value] : provider_.headers_) sending.header(name, value);
    sending.body(body);
}

// ---- Call: the answer ------------------------------------------------------------------------

inline void Provider::Call::head(const Head& head) {
    http_status_ = head.status();
    content_type_ = head.header("content-type");
    if (!head.ok()) retry_after_ms_ = header_wait_ms(head, provider_.host_);
}

inline Failure Provider::Call::failure() const {
    return {provider_.api_,  provider_.name_,   model_, url_, http_status_,
            retry_after_ms_, provider_.has_key_};
}

inline std::string Provider::Call::content_type() const {
    return detail::shorten(detail::mask_keys(content_type_), 60);
}

inline void Provider::Call::protocol_error(std::string_view code, const std::string& what) const {
    throw Error(BW_E_PROTOCOL, provider_.name_ + " " + what).code(code).http_status(http_status_);
}

inline Progress Provider::Call::data(const Frame& frame) {
    const std::string_view text = json::Value(frame.data()).raw();  // trimmed
    if (http_status_ >= 300) throw upstream_failure(failure(), text);
    if (frame.is_whole()) {
        take_whole(text);
    } else if (text.substr(0, 6) == "[DONE]") {
        // Some upstreams say so and leave the connection open: nobody waits for that.
        done_ = true;
        close_stream();
        return Progress::complete;
    } else if (frame.event() == "error") {
        throw upstream_failure(failure(), text);
    } else if (!text.empty()) {
        take_chunk(text);
    }
    return Progress::more;
}

inline void Provider::Call::take_whole(std::string_view body) {
    if (!body.empty() && body.front() == '[') {
        if (read_error(body).found) throw upstream_failure(failure(), body);
    }
    if (!reader_.read(body, true)) {
        protocol_error("malformed_reply",
                       "answered with something that is not JSON, or is cut (content-type \"" +
                           content_type() + "\"): \"" + detail::excerpt(body) + "\"");
    }
    take_usage();  // whatever the rest is worth
    if (reader_.is_error()) throw upstream_failure(failure(), body);
    const bool embeddings = operation_ == Operation::embeddings;
    if ((embeddings ? reader_.data : reader_.choices).empty()) {
        protocol_error("malformed_reply", std::string("answered without \"") +
                                              (embeddings ? "data" : "choices") + "\"");
    }
    if (!embeddings && !reader_.has_choices) {
        protocol_error("empty_reply", "answered without a single choice");
    }
    done_ = true;
    if (reader_.needs_edit()) {
        reader_.edited(edited_);
        body = edited_;
    }
    embeddings ? emit_embeddings(body) : emit_whole(body);
    if (stream_) take_usage();  // of all the chunks that it became
    if (!usage_chunk_.empty()) exchange_.emit_usage_chunk(usage_chunk_);
}

inline void Provider::Call::emit_embeddings(std::string_view body) {
    std::vector<detail::Edit> edits;
    if (!convert_embeddings(json::Value(body)["data"].raw(), base64_, edits)) {
        protocol_error("malformed_reply", "answered with an embedding that cannot be read");
    }
    if (edits.empty()) return exchange_.emit_reply(body);
    std::string converted;
    detail::apply_edits(body, edits, converted);
    exchange_.emit_reply(converted);
}

inline void Provider::Call::emit_whole(std::string_view body) {
    if (!stream_) return exchange_.emit_reply(body);
    unfold(body, is_chat(), [this](const std::string& chunk) { exchange_.emit_chunk(chunk); });
}

inline void Provider::Call::take_chunk(std::string_view chunk) {
    if (chunk.front() == '[' && read_error(chunk).found) {
        throw upstream_failure(failure(), chunk);
    }
    if (!reader_.read(chunk)) {
        protocol_error("malformed_chunk", "sent an event that is not a JSON object: \"" +
                                              detail::excerpt(chunk) + "\"");
    }
    if (reader_.is_error()) throw upstream_failure(failure(), chunk);
    take_usage();
    any_chunk_ = any_chunk_ || reader_.has_choices;
    if (reader_.choices.empty() && reader_.usage.empty()) {
        if (reader_.type.substr(0, 10) == "\"response.") {
            protocol_error("malformed_chunk", "answered with events of the Responses API");
        }
        return;  // a ping
    }
    if (!stream_) return fold(chunk);
    if (!reader_.has_choices && !reader_.usage.empty()) return;  // kept for the end
    if (reader_.needs_edit()) {
        reader_.edited(edited_);
        chunk = edited_;
    }
    exchange_.emit_chunk(chunk);
}

inline void Provider::Call::fold(std::string_view chunk) {
    constexpr std::size_t k_folded_bytes_max = std::size_t{64} << 20;
    if (!folder_) folder_.emplace(is_chat(), provider_.quirks_.rename_reasoning);
    folder_->add(chunk);
    if (folder_->bytes() > k_folded_bytes_max) {
        protocol_error("reply_too_large", "sent more than 64 MiB for one reply");
    }
}

// Reports the usage that the reader has found, wherever it stands.
inline void Provider::Call::take_usage() {
    if (reader_.service_tier.size() > 2 && reader_.service_tier.front() == '"') {
        usage_.service_tier = json::Value(reader_.service_tier).string();
    }
    for (const auto& [index, raw] : reader_.choice_usages) choice_usages_.add(index, raw);
    if (!reader_.choice_usages.empty()) {
        take_usage(reader_.choice_usages.back().second, choice_usages_.sum());
    }
    const std::string_view beside =
        reader_.usage.empty() ? json::Value(reader_.x_groq)["usage"].raw() : reader_.usage;
    if (!beside.empty()) take_usage(beside, read_usage(beside));
}

// Keeps its chunk for the end of the stream, where it must come after the last choice. The last one
// holds, unless it says less than what was said before.
inline void Provider::Call::take_usage(std::string_view raw, Usage said) {
    if (!says_anything(said)) return;
    const bool less = said.input < usage_.input || said.output < usage_.output;
    merge_usage(usage_, said);
    said.service_tier = usage_.service_tier;
    exchange_.usage(said);
    if (stream_ && (!less || usage_chunk_.empty())) usage_chunk_ = usage_chunk(raw);
}

inline std::string Provider::Call::usage_chunk(std::string_view raw) const {
    std::string out = "{";
    const auto add = [&](const char* key, std::string_view value) {
        if (!value.empty()) out.append("\"").append(key).append("\":").append(value).append(",");
    };
    add("id", reader_.id);
    add("object", is_chat() ? std::string_view("\"chat.completion.chunk\"")
                            : std::string_view("\"text_completion\""));
    add("created", reader_.created);
    add("model", reader_.model);
    return out.append("\"choices\":[],\"usage\":").append(proper_usage(raw, usage_)).append("}");
}

inline void Provider::Call::close_stream() {
    if (!any_chunk_) {
        protocol_error("empty_reply", "ended its stream without an answer");
    }
    if (!stream_) return exchange_.emit_reply(folder_->reply());
    if (!usage_chunk_.empty()) exchange_.emit_usage_chunk(usage_chunk_);
}

inline void Provider::Call::end() {
    if (http_status_ >= 300) throw upstream_failure(failure(), {});
    if (done_) return;
    if (!any_chunk_) {
        protocol_error("empty_reply", "answered with status " + std::to_string(http_status_) +
                                          " and no answer (content-type \"" + content_type() +
                                          "\"); check that base_url is right");
    }
    if (!reader_.all_finished()) {
        protocol_error("stream_truncated", "cut its stream before the answer was complete");
    }
    close_stream();
}

// The table of a provider class made for `api`. Its texts are made once and stay.
template <typename ProviderOfApi>
[[gnu::visibility("hidden")]] const bw_plugin* plugin_table_of(const Api& api) noexcept {
    static const std::string id(api.id);
    static const std::string version(api.version);
    static const std::string text = manifest(api);
    return plugin_table<ProviderOfApi>(id.c_str(), version.c_str(), text.c_str());
}

}  // namespace bw::openai

#include <bellwether/openai_compatible/models.hpp>  // completes Provider

// Makes the file that it stands in the plugin of `api`, a constexpr bw::openai::Api.
#define BW_OPENAI_COMPATIBLE(api)                                                       \
    namespace {                                                                         \
    struct BwOpenAiCompatible : ::bw::openai::Provider {                                \
        explicit BwOpenAiCompatible(const ::bw::Setup& setup) : Provider(api, setup) {} \
    };                                                                                  \
    }                                                                                   \
    extern "C" BW_EXPORT const bw_plugin* bw_plugin_v1(std::uint32_t) noexcept {        \
        return ::bw::openai::plugin_table_of<BwOpenAiCompatible>(api);                  \
    }
