// One client request on its way through the host. Made by serve, read by everything below it; it
// lives on one worker from its first byte to its last.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/prompt_parts.hpp"

namespace bw {

enum class Operation : std::uint32_t {
    chat = 1,
    completions = 2,
    embeddings = 3
};  // the ABI's BW_OP_*

constexpr std::string_view to_string(Operation operation) {
    switch (operation) {
        case Operation::chat: return "chat";
        case Operation::completions: return "completions";
        case Operation::embeddings: return "embeddings";
    }
    return "chat";
}

// Where OpenAI's API has it.
constexpr std::string_view path_of(Operation operation) {
    switch (operation) {
        case Operation::chat: return "/v1/chat/completions";
        case Operation::completions: return "/v1/completions";
        case Operation::embeddings: return "/v1/embeddings";
    }
    return "/v1/chat/completions";
}

// A stretch of the request body; `length` 0: not there.
struct BodySpan {
    std::size_t offset = 0;
    std::size_t length = 0;
};

// Where a call's user is named; of several the last in this order counts.
enum class UserSource : std::uint8_t { none, user, safety_identifier, header };

// Whether the client gets `usage.cost`.
enum class CostInBody : std::uint8_t {
    never,
    with_usage,  // where it gets a usage
    asked        // a stream gets a usage for it
};

// A header of the client's request that goes on to upstreams whose provider lists it.
struct Forwarded {
    std::string name;  // lower case
    std::string value;
};

struct Call {
    std::string id;           // x-request-id
    std::string traceparent;  // for the upstream; empty: the client sent no trace
    std::string tracestate;
    std::vector<Forwarded> forwarded;
    Operation operation = Operation::chat;
    std::string body;   // as the client sent it, checked to be one JSON object
    std::string model;  // as the client named it
    bool stream = false;
    bool usage_asked = false;  // stream_options.include_usage
    CostInBody cost_in_body = CostInBody::never;
    BodySpan model_value;           // the raw value of `model` in body
    BodySpan stream_options_value;  // that of `stream_options`
    BodySpan prompt_value;          // that of `messages`, `prompt` or `input`
    PromptParts parts;              // what of the prompt is no text
    std::int64_t prompts = 1;       // how many an older completion answers
    std::string user;               // at most k_user_bytes_max; empty: the client named nobody
    UserSource user_source = UserSource::none;
    // What the client lets be generated: tokens for each choice, -1: it did not say.
    std::int64_t max_tokens = -1;
    // The most that it says by other names, which some upstreams obey and others do not know.
    std::int64_t other_max_tokens = 0;
    bool no_limit = false;  // or that there is none
    // What it grants for thinking beside that.
    std::int64_t thinking_tokens = 0;
    bool thinks = false;         // it asks the model to think, or to keep what it thinks to itself
    bool thinks_freely = false;  // by a switch that lifts the limit of the answer for that
    bool thinks_not = false;     // it asks for no thinking
    bool echo = false;           // the answer of an older completion begins with its prompt
    std::int64_t choices = 1;    // `n`, or `best_of` where that is more
    std::int64_t choices_shown = 1;  // `n`
    // Which of those is no whole number that makes sense; empty: none. The upstream decides about
    // it, unless the host has to count with it.
    std::string_view unsound_limit;
    std::string service_tier;  // as the client asks for it; empty: it does not
    bool searches = false;     // it asks for searches on the web, which are billed by the piece
    std::string timeout;       // x-bellwether-timeout, as the client sent it
    std::chrono::steady_clock::time_point started;
    // When the client will wait no longer; all attempts share it. max: it did not say.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::string key;  // the client key's public id; empty: nobody is asked for one
    std::string key_name;
    std::string team;

    std::string_view trace_id() const {
        return traceparent.empty() ? std::string_view()
                                   : std::string_view(traceparent).substr(3, 32);
    }
};

}  // namespace bw
