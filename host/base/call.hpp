// `Call` is one client request on its way through the host. `front` makes it, and the folders below
// read it. It stays on one worker from its first byte to its last.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/operation.hpp"
#include "base/prompt_parts.hpp"

namespace bellwether {

// A range of bytes in the request body. A `length` of 0 means that the body has no such value.
struct BodySpan {
    std::size_t offset = 0;
    std::size_t length = 0;
};

// Where a request names its user. If it does so in several places, the place that is last in this
// order counts.
enum class UserSource : std::uint8_t { none, user, safety_identifier, header };

// Whether the usage that is sent to the client has a member `cost`.
enum class CostInBody : std::uint8_t {
    never,
    with_usage,  // yes, in each usage that the client gets anyway
    asked        // yes; a stream gets a usage for it, even if the client did not ask for one
};

// A header of the client's request that goes on to upstreams whose provider lists it, or by whose
// value a sticky route chooses.
struct Forwarded {
    std::string name;  // lower case
    std::string value;
};

// Time limits by which the client makes those of each try shorter; zero: it says nothing of it.
struct ClientLimits {
    std::chrono::milliseconds connect{0};
    std::chrono::milliseconds first_byte{0};
    std::chrono::milliseconds idle{0};
};

// What a client says of thinking. If it says several things, the one that is last in this order
// counts.
enum class Thinking : std::uint8_t {
    unsaid,
    hidden,  // the model may think, but its answer must not show it
    refused,
    asked,
    free,  // the model may think without a limit
};

// What a request body asks for, as the one walk over it finds it (json/request.hpp).
struct AskedInBody {
    BodySpan model_value;           // the raw value of `model`
    BodySpan stream_options_value;  // the raw value of `stream_options`
    BodySpan prompt_value;          // the raw value of `messages`, `prompt` or `input`
    PromptParts parts;              // the parts of the prompt that are not text
    std::int64_t prompts = 1;       // how many prompts a request to /v1/completions has
    bool usage = false;             // stream_options.include_usage
    // How many tokens the client allows for each choice; 0: it set no limit.
    std::int64_t max_tokens = 0;
    // The largest limit that the client set by other names, which only some upstreams know; 0: it
    // set none.
    std::int64_t other_max_tokens = 0;
    bool no_limit = false;  // by one of these names the client said that there is no limit
    Thinking thinking = Thinking::unsaid;
    // How many tokens the client allows for thinking, in addition to those of the answer.
    std::int64_t thinking_tokens = 0;
    bool echo = false;               // the answer of /v1/completions begins with the prompt
    std::int64_t choices = 1;        // `n`, or `best_of` where that is more
    std::int64_t choices_shown = 1;  // `n`
    // The name of a limit above whose value is not a whole number in its range; empty: there is
    // none. The upstream decides about such a request, unless a rule of the host must count it.
    std::string_view invalid_limit;
    std::string service_tier;  // the tier that the client asks for; empty: it asks for none
    bool searches = false;     // the client asks for web searches, and each search is billed

    bool thinks() const { return thinking == Thinking::hidden || thinking >= Thinking::asked; }
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
    CostInBody cost_in_body = CostInBody::never;
    std::string user;  // at most k_user_bytes_max; empty: the client named nobody
    UserSource user_source = UserSource::none;
    AskedInBody asked;
    std::string timeout;  // x-bellwether-timeout, as the client sent it
    ClientLimits limits;
    std::chrono::steady_clock::time_point started;
    // The client's own deadline, which all attempts share; max: the client set none.
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    std::string key;  // the client key's public id; empty: the host asks for no key
    std::string key_name;
    std::string team;

    std::string_view trace_id() const {
        return traceparent.empty() ? std::string_view()
                                   : std::string_view(traceparent).substr(3, 32);
    }
};

}  // namespace bellwether
