// bellwether/openai_compatible.hpp - a provider for an API that speaks OpenAI's dialect, as a
// table:
//
//   constexpr bw::openai::Api k_api = { ... };   // see openai_compatible/api.hpp
//   BW_OPENAI_COMPATIBLE(k_api)
//
// Chat, completions and embeddings, streaming and not; images and speech where the table says that
// there are any. The client's request and the upstream's
// reply are handed on as they are, byte for byte, except where a quirk or a mistake of the upstream
// must be mended: errors in any shape, a stream where a reply was asked and the other way round,
// usage on any chunk, tool calls that repeat their names or share an index, events that are nearly
// JSON or none at all, a stream that just ends or never does.
#pragma once

#include <bellwether/provider.hpp>
#include <bellwether/provider/rules.hpp>
#include <bellwether/version.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <bellwether/openai_compatible/adapt.hpp>
#include <bellwether/openai_compatible/addresses.hpp>
#include <bellwether/openai_compatible/api.hpp>
#include <bellwether/openai_compatible/chunk.hpp>
#include <bellwether/openai_compatible/embeddings.hpp>
#include <bellwether/openai_compatible/errors.hpp>
#include <bellwether/openai_compatible/fold.hpp>
#include <bellwether/openai_compatible/mender.hpp>
#include <bellwether/openai_compatible/passed_over.hpp>
#include <bellwether/openai_compatible/refusals.hpp>
#include <bellwether/openai_compatible/usage.hpp>

namespace bw::v1::openai {

// What a request asks for that is billed by the piece.
UsageUnit pieces_asked(Operation operation, const json::Value& request);

// One configured instance of such an API.
class Provider : public Estimates {
  public:
    Provider(const Api& api, const Setup& setup);
    void estimate(const Request& request, Estimate estimate) const;

    class Call;

  private:
    friend class Call;
    bool at_default_base_url() const { return addresses_.base_url() == api_.base_url; }
    static Addresses addresses(const Api& api, const Setup& setup);
    std::uint64_t seed(const Request& request) const;

    const Api& api_;
    Quirks quirks_;
    Host host_;
    std::string name_;
    Addresses addresses_;
    std::vector<std::pair<std::string, std::string>> headers_;
    bool think_only_if_asked_ = false;  // for all models, not only for those marked stream_only
    Key key_;
    bool needs_key_ = true;
    Refusals refusals_;
    PassedOver passed_over_;
};

// One attempt.
class Provider::Call {
  public:
    Call(Provider& provider, const Request& request, Attempt attempt);

    void head(const Head& head);
    Progress data(const Frame& frame);
    void end();

  private:
    // What the upstream is asked for, against what the client wants.
    bool expects_stream() const { return stream_ || folding_; }
    bool is_chat() const { return operation_ == Operation::chat; }
    // Replies are OpenAI's `data`.
    bool has_data() const {
        return operation_ == Operation::embeddings || operation_ == Operation::images;
    }
    // What comes may be a stream of events.
    bool has_events() const { return !has_data() && operation_ != Operation::speech; }
    Form form() const { return stream_ ? Form::chunk : Form::folded; }

    void check_media(const Request& request) const;
    void send(const Request& request, std::string_view body);
    void ask_models();
    void sign(Send& out) const;
    void take_models(std::string_view body) const;
    void take_whole(std::string_view body);
    Progress take_event(std::string_view text, std::string_view name);
    Progress take_odd_event(std::string_view text);
    Progress take_lines(std::string_view text);
    bool take_mended(std::string_view text);
    void take_lost(bool all);
    void pass_over(std::string_view text);
    void take_chunk(std::string_view chunk);
    void take_no_answer(std::string_view chunk);
    void fold(std::string_view chunk);
    void take_usage();
    void take_usage(std::string_view raw, Usage said);
    void emit_whole(std::string_view body);
    void emit_embeddings(std::string_view body);
    void choose_frame(const Head& head) const;
    void take_bytes(std::string_view bytes);
    void take_no_bytes(std::string_view body) const;
    void emit_images(std::string_view body);
    void tell_pieces(std::int64_t count);
    void close_stream();
    void check_answer() const;
    std::string unread() const;
    Error failed(std::string_view body) const;
    std::string with_known_usage(std::string_view reply, std::string_view given) const;
    std::string usage_chunk(std::string_view raw) const;
    Failure failure() const;
    std::string content_type() const;
    [[noreturn]] void protocol_error(std::string_view code, const std::string& what) const;

    Provider& provider_;
    Attempt attempt_;
    Operation operation_;
    bool stream_;           // the client wants a stream
    bool base64_;           // how the client wants its embeddings
    UsageUnit pieces_;      // asked for, of what is billed by the piece
    bool folding_ = false;  // chunks are collected into one reply
    bool done_ = false;     // the stream said [DONE], or the reply is out
    bool any_chunk_ = false;
    std::uint32_t http_status_ = 0;
    std::optional<std::chrono::milliseconds> retry_after_;
    std::string content_type_;  // as it came: for messages
    std::string model_;
    std::string url_;
    std::vector<detail::Refused> added_;  // to the client's request
    ChunkReader reader_;
    std::string edited_;
    Mender mender_;
    std::string mended_;
    std::string of_prompt_;  // what the upstream's filter made of the prompt, until it is told
    std::string complaint_;  // an event without an answer, but with words
    std::string unread_;     // of the first event that was passed over
    bool lost_ = false;      // one of those may have been a chunk
    Usage usage_;            // all that was said so far
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
      addresses_(addresses(api, setup)),
      key_(choose_key(api, setup)) {
    needs_key_ = quirks_.key == KeyNeed::always ||
                 (quirks_.key == KeyNeed::at_default_base_url && at_default_base_url());
    if (!quirks_.configurable) return;
    const auto flag = [&](const char* key, bool& value) {
        value = setup.option(key).boolean(value);
    };
    flag("stream_options", quirks_.stream_options);
    flag("max_completion_tokens", quirks_.max_completion_tokens);
    flag("max_tokens", quirks_.max_tokens);
    flag("developer_role", quirks_.developer_role);
    flag("rename_reasoning", quirks_.rename_reasoning);
    flag("base64_embeddings", quirks_.base64_embeddings);
    flag("default_enable_thinking_false", think_only_if_asked_);
    for (const json::Member& header : setup.option("headers").members()) {
        if (header.value().kind() != json::Kind::string) {
            throw Error(BW_E_INVALID, name_ + ": headers." + header.key() + " must be a string")
                .param("headers");
        }
        if (key_ && detail::equal_nocase(header.key(), "authorization")) {
            throw Error(BW_E_INVALID, name_ + ": headers." + header.key() +
                                          " stands beside api_key, which fills that header; "
                                          "leave it out, or leave api_key out")
                .param("headers");
        }
        const std::string value = header.value().string();
        if (!rules::detail::check_header(header.key(), value).ok()) {
            throw Error(BW_E_INVALID, name_ + ": headers." + json::quote(header.key()) +
                                          " cannot be sent: its name or value is none of HTTP's, "
                                          "or the host makes this header itself; leave it out")
                .param("headers");
        }
        headers_.emplace_back(header.key(), value);
    }
}

inline Addresses Provider::addresses(const Api& api, const Setup& setup) {
    std::string base_url = setup.base_url();
    if (base_url.empty()) base_url = std::string(api.base_url);
    std::string prefix(api.quirks.path_prefix);
    if (api.quirks.configurable) prefix = setup.option("path_prefix").string(prefix);
    if (!prefix.empty() && prefix.front() != '/') prefix.insert(0, "/");
    const std::string version =
        api.versions.option.empty() ? "" : setup.option(api.versions.option).string();
    return {api, std::move(base_url), std::move(prefix), version};
}

// Another one for every attempt.
inline std::uint64_t Provider::seed(const Request& request) const {
    return chat::seed_of(std::string(request.id()) + "/" + std::to_string(request.attempt()) + "/" +
                         std::to_string(host_.unix_time().count()));
}

// ---- Call: asking ----------------------------------------------------------------------------

inline Provider::Call::Call(Provider& provider, const Request& request, Attempt attempt)
    : provider_(provider),
      attempt_(attempt),
      operation_(request.operation()),
      stream_(request.stream()),
      base64_(operation_ == Operation::embeddings &&
              request.json()["encoding_format"].equals("base64")),
      pieces_(pieces_asked(operation_, request.json())),
      model_(request.model()),
      url_(provider.addresses_.url(request.operation(), request.model())),
      reader_({is_chat(), provider.quirks_.rename_reasoning, provider.seed(request)}),
      mender_(has_events()) {
    const Api& api = provider_.api_;
    if (operation_ == Operation::models) {
        ask_models();
        return;
    }
    if (provider_.needs_key_ && !provider_.key_) {
        throw Error(BW_E_AUTH, provider_.name_ + " has no API key; " +
                                   detail::how_to_set_key(api, provider_.at_default_base_url()));
    }
    if (!pieces_.name.empty()) {
        check_media(request);
        send(request, request.body());
        return;
    }
    Adapted adapted = adapt(
        {api, provider_.quirks_, provider_.think_only_if_asked_, provider_.refusals_}, request);
    folding_ = adapted.folds;
    added_ = std::move(adapted.added);
    send(request, adapted.body.empty() ? request.body() : std::string_view(adapted.body));
}

inline void Provider::Call::send(const Request& request, std::string_view body) {
    const bool bytes = operation_ == Operation::speech;
    Send out("POST", url_);
    // A body that begins with a brace comes whole in any case: so both forms are taken.
    out.frame(bytes ? Frame::raw : has_events() ? Frame::sse : Frame::whole);
    out.header("accept", bytes              ? "*/*"
                         : expects_stream() ? "text/event-stream"
                                            : "application/json");
    if (!request.id().empty()) out.header("x-client-request-id", request.id());
    sign(out);
    attempt_.send(out.body(body));
}

inline void Provider::Call::ask_models() {
    Send out("GET", url_);
    sign(out);
    attempt_.send(out);
}

// What goes out with every request.
inline void Provider::Call::sign(Send& out) const {
    if (provider_.key_) out.auth(provider_.key_.name);
    for (const auto& [name, value] : provider_.headers_) out.header(name, value);
}

// The table of a provider class made for `api`. Its texts are made once and stay.
template <typename ProviderOfApi>
[[gnu::visibility("hidden")]] const bw_plugin* plugin_table_of(const Api& api) noexcept {
    static const std::string id(api.id);
    static const std::string version(api.version);
    static const std::string text = manifest(api);
    return plugin_table<ProviderOfApi>(id.c_str(), version.c_str(), text.c_str());
}

}  // namespace bw::v1::openai

#include <bellwether/openai_compatible/answer.hpp>  // completes Call
#include <bellwether/openai_compatible/media.hpp>   // as well
#include <bellwether/openai_compatible/models.hpp>  // as well

// Makes the file that it stands in the plugin of `api`, a constexpr bw::openai::Api.
#define BW_OPENAI_COMPATIBLE(api)                                                       \
    namespace {                                                                         \
    struct BwOpenAiCompatible : ::bw::openai::Provider {                                \
        explicit BwOpenAiCompatible(const ::bw::Setup& setup) : Provider(api, setup) {} \
    };                                                                                  \
    }                                                                                   \
    extern "C" BW_EXPORT const bw_plugin* bw_plugin_v1(const bw_hello*) noexcept {      \
        return ::bw::openai::plugin_table_of<BwOpenAiCompatible>(api);                  \
    }
