// The echo provider: answers by itself, always the same way, without a network and without a key.
// A first run of the host talks to it, and tests and benchmarks use it as an upstream that they
// control.
#include <algorithm>
#include <bellwether/provider.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "behaviour.hpp"
#include "embedding.hpp"
#include "prompt.hpp"

namespace echo {
namespace {

using bw::json::quote;

constexpr std::size_t k_reply_bytes_max = 64u << 20;
constexpr std::int64_t k_choices_max = 128;
constexpr std::size_t k_all_choices_max = 2048;  // for all prompts together
constexpr std::int64_t k_dimensions_max = 4096;
constexpr std::size_t k_all_dimensions_max = 1u << 20;
constexpr std::int64_t k_dimensions = 8;

struct Echo {
    explicit Echo(const bw::Setup& setup) : host(setup.host()), name(setup.name()) {
        read_common(defaults, setup.config(), "");
    }

    class Call {
      public:
        Call(Echo& provider, const bw::Request& request, bw::Attempt attempt);
        bw::Step step();

      private:
        struct Choice {
            std::string text;  // of the answer, or of the tool's arguments
            const char* finish_reason = "stop";
            std::size_t sent = 0;
        };

        void make_choices(const Value& body);
        void embeddings(const Value& body);
        bw::Step answer_at_once();
        bw::Step answer_in_chunks();
        void open_choices();
        bool emit_pieces();
        void close_choices();
        // `content` is the member that holds the text: a delta or, without chat, the text itself.
        void emit_chunk(std::size_t index, const std::string& content, const char* finish_reason);
        void report_usage();
        bw::Step next_piece_step() const;
        [[noreturn]] void fail() const;
        [[noreturn]] void cut() const;
        std::string content_json(const Choice& choice) const;
        std::string delta_json(std::string_view piece) const;
        std::string tool_json(std::string_view arguments, bool with_name) const;
        std::string usage_json() const;
        bool is_chat() const { return operation_ == bw::Operation::chat; }
        bool is_tool_call() const { return is_chat() && !behaviour_.tool_name.empty(); }

        Echo& provider_;
        bw::Attempt attempt_;
        bw_ticket ticket_ = 0;
        bw::Operation operation_;
        bool stream_;
        bool must_fail_;
        Behaviour behaviour_;
        Prompt prompt_;
        std::vector<Choice> choices_;
        std::string head_;  // the members that every object of this answer begins with
        std::string reply_;
        std::string chunk_;
        std::int64_t output_tokens_ = 0;
        std::int64_t chunks_ = 0;
        bool first_step_ = true;
        bool opened_ = false;
    };

    bw::Host host;
    std::string name;
    Behaviour defaults;
};

Echo::Call::Call(Echo& provider, const bw::Request& request, bw::Attempt attempt)
    : provider_(provider),
      attempt_(attempt),
      operation_(request.operation()),
      stream_(request.stream()),
      must_fail_(false) {
    const Value body = request.json();
    behaviour_ = read_request_behaviour(provider.defaults, body["echo"]);
    must_fail_ = behaviour_.status >= 400 &&
                 (behaviour_.fail_attempts < 0 || request.attempt() < behaviour_.fail_attempts);
    const auto created =
        std::chrono::duration_cast<std::chrono::seconds>(provider.host.unix_time());
    const bool chat = operation_ == bw::Operation::chat;
    const char* const object = !chat     ? "text_completion"
                               : stream_ ? "chat.completion.chunk"
                                         : "chat.completion";
    head_ = "{\"id\":" + quote((chat ? "chatcmpl-" : "cmpl-") + std::string(request.id())) +
            ",\"object\":\"" + object + "\",\"created\":" + std::to_string(created.count()) +
            ",\"model\":" + quote(request.model()) + ",\"system_fingerprint\":null";
    switch (operation_) {
        case bw::Operation::chat: prompt_ = read_messages(body["messages"]); break;
        case bw::Operation::completions: prompt_ = read_texts(body["prompt"]); break;
        case bw::Operation::embeddings: prompt_ = read_texts(body["input"]); break;
        default:
            throw bw::Error(BW_E_UNSUPPORTED,
                            "echo serves chat, completions and embeddings, not this operation");
    }
    if (operation_ == bw::Operation::embeddings) {
        embeddings(body);
    } else {
        make_choices(body);
    }
    ticket_ = attempt_.generate();
}

void Echo::Call::make_choices(const Value& body) {
    const std::int64_t limit =
        number(body["max_completion_tokens"], number(body["max_tokens"], -1));
    if (limit == 0 || limit < -1) {
        throw bw::Error(BW_E_INVALID, "max_tokens must be at least 1").param("max_tokens");
    }
    const auto copies = std::clamp<std::int64_t>(number(body["n"], 1), 1, k_choices_max);
    if (prompt_.texts.size() * static_cast<std::size_t>(copies) > k_all_choices_max) {
        throw bw::Error(BW_E_INVALID, "all prompts together may have at most 2048 choices")
            .param("n");
    }
    std::size_t bytes = 0;
    for (const std::string& text : prompt_.texts) {
        const std::string once = behaviour_.reply ? *behaviour_.reply : "echo: " + text;
        bytes += (once.size() + 1) * static_cast<std::size_t>(behaviour_.repeat * copies);
        if (bytes > k_reply_bytes_max) {
            throw bw::Error(BW_E_INVALID, "the repeated reply would be larger than 64 MiB")
                .param("echo.repeat");
        }
        Choice choice;
        for (std::int64_t i = 0; i < behaviour_.repeat; ++i) {
            if (i > 0) choice.text += ' ';
            choice.text += once;
        }
        if (is_tool_call()) {
            choice.text = behaviour_.tool_arguments;
            choice.finish_reason = "tool_calls";
        } else if (limit > 0 && tokens_of(choice.text.size()) > limit) {
            choice.text = head_of(choice.text, static_cast<std::size_t>(limit * k_bytes_per_token));
            choice.finish_reason = "length";
        }
        output_tokens_ += tokens_of(choice.text.size()) * copies;
        choices_.insert(choices_.end(), static_cast<std::size_t>(copies), choice);
    }
}

void Echo::Call::embeddings(const Value& body) {
    const auto dimensions =
        std::clamp<std::int64_t>(number(body["dimensions"], k_dimensions), 1, k_dimensions_max);
    if (prompt_.texts.size() * static_cast<std::size_t>(dimensions) > k_all_dimensions_max) {
        throw bw::Error(BW_E_INVALID, "all embeddings together may have at most 1048576 dimensions")
            .param("dimensions");
    }
    const bool as_base64 = body["encoding_format"].equals("base64");
    reply_ = R"({"object":"list","data":[)";
    for (std::size_t i = 0; i < prompt_.texts.size(); ++i) {
        if (i > 0) reply_ += ',';
        reply_ += R"({"object":"embedding","index":)" + std::to_string(i) + ",\"embedding\":" +
                  embedding_json(embed(prompt_.texts[i], dimensions), as_base64) + "}";
    }
    reply_ += "],\"model\":" + quote(body["model"].string()) + ",\"usage\":" + usage_json() + "}";
}

std::string Echo::Call::usage_json() const {
    const std::string input = std::to_string(prompt_.tokens);
    const std::string total = std::to_string(prompt_.tokens + output_tokens_);
    if (operation_ == bw::Operation::embeddings) {
        return "{\"prompt_tokens\":" + input + ",\"total_tokens\":" + total + "}";
    }
    return "{\"prompt_tokens\":" + input +
           ",\"completion_tokens\":" + std::to_string(output_tokens_) +
           ",\"total_tokens\":" + total +
           ",\"prompt_tokens_details\":{\"cached_tokens\":0}"
           ",\"completion_tokens_details\":{\"reasoning_tokens\":0}}";
}

void Echo::Call::fail() const {
    const std::string message = behaviour_.message.empty() ? "echo was told to fail with status " +
                                                                 std::to_string(behaviour_.status)
                                                           : behaviour_.message;
    bw::Error error(class_of(behaviour_.status, behaviour_.code), message);
    error.http_status(static_cast<std::uint32_t>(behaviour_.status)).code(behaviour_.code);
    if (behaviour_.retry_after) error.retry_after(*behaviour_.retry_after);
    throw error;
}

void Echo::Call::cut() const {
    throw bw::Error(BW_E_PROTOCOL, "echo was told to break off after " +
                                       std::to_string(behaviour_.cut_after) + " chunks")
        .code("stream_truncated");
}

bw::Step Echo::Call::step() {
    if (first_step_) {
        first_step_ = false;
        if (behaviour_.first_delay.count() > 0) return bw::Step::after(behaviour_.first_delay);
    }
    if (must_fail_) fail();
    return stream_ && operation_ != bw::Operation::embeddings ? answer_in_chunks()
                                                              : answer_at_once();
}

// Sends the whole reply. If there is a delay between chunks, it waits as long as a stream would
// take.
bw::Step Echo::Call::answer_at_once() {
    if (reply_.empty()) {
        if (behaviour_.delay.count() > 0 && !opened_) {
            opened_ = true;
            std::int64_t pieces = 0;
            for (std::string_view left = choices_.front().text; !left.empty(); ++pieces) {
                left.remove_prefix(next_piece(left).size());
            }
            return bw::Step::after(behaviour_.delay * pieces);
        }
        reply_ = head_ + ",\"choices\":[";
        for (std::size_t i = 0; i < choices_.size(); ++i) {
            if (i > 0) reply_ += ',';
            reply_ += "{\"index\":" + std::to_string(i) + "," + content_json(choices_[i]) +
                      ",\"logprobs\":null,\"finish_reason\":\"" + choices_[i].finish_reason + "\"}";
        }
        reply_ += "],\"usage\":" + usage_json() + "}";
    }
    if (behaviour_.cut_after >= 0) cut();
    attempt_.emit_reply(reply_);
    report_usage();
    return bw::Step::complete();
}

bw::Step Echo::Call::answer_in_chunks() {
    if (!opened_) {
        opened_ = true;
        open_choices();
        return next_piece_step();
    }
    if (emit_pieces()) return next_piece_step();
    close_choices();
    attempt_.emit_usage_chunk(head_ + ",\"choices\":[],\"usage\":" + usage_json() + "}");
    report_usage();
    return bw::Step::complete();
}

// The next piece follows after the delay. Without one it follows at once, but in a step of its own,
// so that a slow client holds it back.
bw::Step Echo::Call::next_piece_step() const {
    if (behaviour_.delay.count() > 0) return bw::Step::after(behaviour_.delay);
    provider_.host.wake(ticket_);
    return bw::Step::when_woken();
}

// The first chunk of every choice carries the role; completions have none.
void Echo::Call::open_choices() {
    if (!is_chat()) return;
    const std::string calls =
        is_tool_call() ? R"(null,"tool_calls":)" + tool_json("", true) : R"("")";
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        emit_chunk(i, R"("delta":{"role":"assistant","content":)" + calls + "}", nullptr);
    }
}

// Sends one more piece of every choice; false when no choice has anything left.
bool Echo::Call::emit_pieces() {
    bool left = false;
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        Choice& choice = choices_[i];
        const auto rest = std::string_view(choice.text).substr(choice.sent);
        if (rest.empty()) continue;
        const std::string_view piece = next_piece(rest);
        choice.sent += piece.size();
        left = left || choice.sent < choice.text.size();
        emit_chunk(i, delta_json(piece), nullptr);
    }
    return left;
}

void Echo::Call::close_choices() {
    const char* const nothing = is_chat() ? R"("delta":{})" : R"("text":"")";
    for (std::size_t i = 0; i < choices_.size(); ++i) {
        emit_chunk(i, nothing, choices_[i].finish_reason);
    }
}

void Echo::Call::emit_chunk(std::size_t index, const std::string& content,
                            const char* finish_reason) {
    if (behaviour_.cut_after >= 0 && chunks_ >= behaviour_.cut_after) cut();
    ++chunks_;
    chunk_.assign(head_).append(",\"choices\":[{\"index\":").append(std::to_string(index));
    chunk_.append(",").append(content).append(",\"logprobs\":null,\"finish_reason\":");
    if (finish_reason == nullptr) {
        chunk_ += "null}]}";
    } else {
        chunk_.append("\"").append(finish_reason).append("\"}]}");
    }
    attempt_.emit_chunk(chunk_);
}

void Echo::Call::report_usage() {
    bw::Usage usage;
    usage.input = prompt_.tokens;
    usage.output = output_tokens_;
    usage.cached_input = 0;
    usage.reasoning = 0;
    attempt_.usage(usage);
}

std::string Echo::Call::tool_json(std::string_view arguments, bool with_name) const {
    std::string out = R"([{"index":0,)";
    if (with_name) out += R"("id":"call_echo","type":"function",)";
    out += R"("function":{)";
    if (with_name) out += "\"name\":" + quote(behaviour_.tool_name) + ",";
    return out + "\"arguments\":" + quote(arguments) + "}}]";
}

std::string Echo::Call::delta_json(std::string_view piece) const {
    if (!is_chat()) return "\"text\":" + quote(piece);
    if (is_tool_call()) return R"("delta":{"tool_calls":)" + tool_json(piece, false) + "}";
    return R"("delta":{"content":)" + quote(piece) + "}";
}

std::string Echo::Call::content_json(const Choice& choice) const {
    if (!is_chat()) return "\"text\":" + quote(choice.text);
    const std::string content = is_tool_call()
                                    ? R"(null,"tool_calls":)" + tool_json(choice.text, true)
                                    : quote(choice.text);
    return R"("message":{"role":"assistant","content":)" + content + R"(,"refusal":null})";
}

constexpr const char* k_manifest = R"json({
  "summary": "answers by itself, for a first run and for tests: no network, no key",
  "operations": ["chat", "completions", "embeddings"],
  "options": {
    "delay": {"type": "duration", "default": "0ms", "help": "pause between two chunks"},
    "first_delay": {"type": "duration", "default": "0ms", "help": "pause before the first chunk"},
    "reply": {"type": "string", "help": "what to answer; default: echo: and the last user message"},
    "repeat": {"type": "integer", "default": 1, "help": "how often the answer repeats its text"},
    "cut_after": {"type": "integer", "help": "break off after so many chunks"},
    "status": {"type": "integer", "help": "fail as an upstream with this HTTP status would"},
    "code": {"type": "string", "help": "the error code to fail with"},
    "message": {"type": "string", "help": "the error message to fail with"},
    "retry_after": {"type": "duration", "help": "the wait that the failure asks for"},
    "fail_attempts": {"type": "integer", "help": "fail only the first attempts, so many"}
  },
  "models": [{"id": "echo", "context": 1000000, "max_output": 1000000, "owned_by": "bellwether"}]
})json";

}  // namespace
}  // namespace echo

BW_PROVIDER(echo::Echo, "dev.bellwether.echo", "1.0.0", echo::k_manifest)
