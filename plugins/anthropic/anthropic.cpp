// The anthropic provider: Claude, by Anthropic's Messages API. Chat is translated to it, and its
// own dialect is handed on as it is.
#include "failures.hpp"

#include <bellwether/http/limit_headers.hpp>
#include <bellwether/http/percent.hpp>
#include <bellwether/messages/body.hpp>
#include <bellwether/messages/events.hpp>

namespace {

namespace json = bw::json;
using bw::Operation;

class Anthropic {
  public:
    explicit Anthropic(const bw::Setup& setup)
        : host(setup.host()),
          name(setup.name()),
          base_url(setup.base_url()),
          auth(setup.has_credential("auth_token") ? "auth_token" : "api_key"),
          max_tokens(setup.option("max_tokens").integer().value_or(32'000)) {
        if (setup.has_credential(auth)) return;
        throw bw::Error(BW_E_AUTH,
                        name + " wants an API key; set ANTHROPIC_API_KEY or api_key in the config");
    }

    class Call;

    bw::Host host;
    std::string name;
    std::string base_url;
    std::string auth;
    std::int64_t max_tokens;
};

class Anthropic::Call {
  public:
    Call(Anthropic& provider, const bw::Request& request, bw::Attempt attempt)
        : provider_(provider),
          attempt_(attempt),
          operation_(request.operation()),
          stream_(request.stream()),
          model_(request.model()),
          events_({attempt, request, provider.host.unix_time()}) {
        if (operation_ == Operation::models) {
            list();
            return;
        }
        url_ = provider.base_url + "/v1/messages";
        if (operation_ == Operation::count_tokens) url_ += "/count_tokens";
        std::string body;
        if (operation_ == Operation::chat) {
            body = bw::messages::body_of(bw::chat::Request(request.json()), provider.max_tokens);
        }
        bw::Send send("POST", url_);
        send.frame(stream_ ? bw::Frame::sse : bw::Frame::whole).auth(provider.auth);
        const std::string_view version = request.header("anthropic-version");
        const bool own_dialect = operation_ != Operation::chat;
        send.header("anthropic-version", own_dialect && !version.empty() ? version : k_version);
        const std::string_view beta = request.header("anthropic-beta");
        if (!beta.empty()) send.header("anthropic-beta", beta);
        attempt.send(send.body(own_dialect ? request.body() : std::string_view(body)));
    }

    void head(const bw::Head& head) {
        status_ = head.status();
        const auto now = provider_.host.unix_time();
        bw::tell_limits(attempt_, head, k_limit_headers, provider_.host);
        const std::string_view id = head.header("request-id");
        if (!id.empty()) attempt_.reply_header("request-id", id);
        if (!id.empty()) attempt_.attribute("anthropic.request_id", id);
        // All answers tell of limits; only a refusal for one has to wait until it is reset.
        const auto of_wait = [&](std::string_view name) {
            const bool of_limit = name.substr(0, 9) == "anthropic";
            return of_limit && status_ != 429 ? std::string_view() : head.header(name);
        };
        wait_ = bw::retry_after_of_headers(of_wait, now);
    }

    bw::Progress data(const bw::Frame& frame) {
        const bw::messages::Event event(frame.data());
        if (status_ < 200 || status_ > 299 || event.type.equals("error")) {
            throw anthropic::failed({anthropic::k_api,
                                     provider_.name,
                                     model_,
                                     url_,
                                     status_,
                                     wait_,
                                     {provider_.auth, "API key"}},
                                    frame.data());
        }
        if (!event.proper()) malformed();
        if (operation_ == Operation::models) {
            take_models(event.whole);
        } else if (operation_ == Operation::chat) {
            events_.take(event);
        } else {
            relay(frame, event);
        }
        const bool whole = operation_ == Operation::count_tokens || event.type.equals("message");
        done_ = done_ || whole || event.type.equals("message_stop");
        return done_ ? bw::Progress::complete : bw::Progress::more;
    }

    void end() {
        if (operation_ == Operation::models) return after_.empty() ? void() : list();
        const bool complete = done_ && (operation_ != Operation::chat || events_.end());
        if (complete) return;
        throw bw::Error(BW_E_PROTOCOL, provider_.name + " cut its answer before it was complete")
            .code("stream_truncated");
    }

  private:
    static constexpr std::string_view k_version = "2023-06-01";
    static constexpr std::string_view k_event_letters = "abcdefghijklmnopqrstuvwxyz0123456789_";
    static constexpr bw::LimitHeaders k_limit_headers[] = {
        {"requests", "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining",
         "anthropic-ratelimit-requests-reset"},
        {"tokens", "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining",
         "anthropic-ratelimit-tokens-reset"},
        {"input_tokens", "anthropic-ratelimit-input-tokens-limit",
         "anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"},
        {"output_tokens", "anthropic-ratelimit-output-tokens-limit",
         "anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"}};

    [[noreturn]] void malformed() const {
        throw bw::Error(BW_E_PROTOCOL, provider_.name +
                                           " answered with something that is no message of "
                                           "Anthropic's; check that base_url is right")
            .code("malformed_reply");
    }

    // The next page of the list of models.
    void list() {
        url_ = provider_.base_url + "/v1/models?limit=1000";
        if (!after_.empty()) url_ += "&after_id=" + bw::percent_encoded(after_);
        attempt_.send(
            bw::Send("GET", url_).header("anthropic-version", k_version).auth(provider_.auth));
    }
    void take_models(const json::Value& page) {
        if (page["data"].kind() != json::Kind::array) malformed();
        const std::string before = std::exchange(after_, {});
        for (const json::Value& model : page["data"].elements()) {
            const std::string id = model["id"].string();
            bw::ModelFacts facts{id, "anthropic"};
            facts.context_tokens = model["max_input_tokens"].integer().value_or(0);
            facts.output_tokens_max = model["max_tokens"].integer().value_or(0);
            const auto created = bw::detail::read_rfc3339(model["created_at"].string());
            facts.created_unix_s = created.value_or(0) / 1000;
            facts.details = model.raw();
            attempt_.add_model(facts);
            if (page["has_more"].boolean(false)) after_ = page["last_id"].string();
        }
        if (after_ == before) after_.clear();
    }

    // An answer to a client of the same dialect; the usage is told from it all the same.
    void relay(const bw::Frame& frame, const bw::messages::Event& event) {
        const std::string type = event.type.string();
        const bool counting = operation_ == Operation::count_tokens;
        const auto counted = counting ? event.whole["input_tokens"].integer() : std::nullopt;
        const bool whole = counting ? counted >= 0 : type == "message";
        if (whole == stream_ || (stream_ && type.empty())) malformed();
        const json::Value begun = event.message["usage"];
        if (const json::Value said = begun ? begun : event.usage; said || counting) {
            bw::merge_usage(usage_, bw::openai::read_usage(said.raw()));
            if (counting) usage_.input = usage_.output = 0;  // it is free
            attempt_.usage(usage_);
        }
        if (!stream_) return attempt_.emit_reply(frame.data());
        const bool named = frame.event().empty() || frame.event() == type;
        if (!named || type.find_first_not_of(k_event_letters) != type.npos) malformed();
        attempt_.emit_event(type, frame.data());
    }

    Anthropic& provider_;
    bw::Attempt attempt_;
    Operation operation_;
    bool stream_;
    std::string model_;
    bw::messages::Events<bw::Attempt> events_;
    std::string url_;
    std::uint32_t status_ = 0;
    std::optional<std::chrono::milliseconds> wait_;
    bool done_ = false;
    std::string after_;  // the last model so far, where there are more
    bw::Usage usage_;    // of an answer that is handed on
};

}  // namespace

BW_PROVIDER(Anthropic, "com.anthropic", "1.0.0", R"({
    "summary": "Anthropic's Messages API: Claude",
    "operations": ["chat", "messages", "count_tokens", "models"],
    "base_url": "https://api.anthropic.com",
    "base_url_env": "ANTHROPIC_BASE_URL",
    "credentials": [
        {"name": "api_key", "kind": "header", "header": "x-api-key", "env": "ANTHROPIC_API_KEY",
         "required": false,
         "foreign": [{"prefix": "sk-proj-", "vendor": "OpenAI"},
                     {"prefix": "sk-or-", "vendor": "OpenRouter"},
                     {"prefix": "AIza", "vendor": "Google"}]},
        {"name": "auth_token", "kind": "bearer", "env": "ANTHROPIC_AUTH_TOKEN", "required": false}],
    "options": {"max_tokens": {"type": "integer", "default": 32000,
        "help": "the most tokens of an answer whose client does not say: Anthropic must be told"}},
    "request_headers": ["anthropic-beta", "anthropic-version"],
    "response_headers": ["request-id"],
    "models_elsewhere": false,
    "models": [
    {"id": "claude-opus-5", "context": 1000000, "max_output": 128000, "owned_by": "anthropic"},
    {"id": "claude-opus-4-8", "context": 1000000, "max_output": 128000, "owned_by": "anthropic"},
    {"id": "claude-opus-4-7", "context": 1000000, "max_output": 128000, "owned_by": "anthropic"},
    {"id": "claude-opus-4-5", "context": 200000, "max_output": 64000, "owned_by": "anthropic"},
    {"id": "claude-sonnet-5", "context": 1000000, "max_output": 128000, "owned_by": "anthropic"},
    {"id": "claude-sonnet-4-5", "context": 200000, "max_output": 64000, "owned_by": "anthropic"},
    {"id": "claude-haiku-4-5", "context": 200000, "max_output": 64000, "owned_by": "anthropic"}]
})")
