// Makes the request for the rest of an answer that broke off: the client's own, with what was said
// so far as its last message, which the upstream's answer goes on with. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/call.hpp"

namespace bellwether::json {

// Whether the answer to this request can go on elsewhere: a stream of a chat with one choice, which
// is to be text and nothing else, and whose prompt ends with a message of somebody else.
bool can_go_on(const Call& call);

// Whether a member of a request makes its answer more than text, or binds the text to a form that a
// beginning would break. Such an answer cannot go on.
bool binds_answer(std::string_view name, std::string_view value);

// The beginning of an answer.
struct BegunAnswer {
    std::string_view text;    // as it stands between the quotes of a JSON string
    std::int64_t tokens = 0;  // of it; the client's limit is lowered by so many
    std::string_view mark;    // the member that says that the message is a beginning
};

// The call for the rest of the answer to `call`, which can go on. All that does not come from the
// body stays as it is.
Call rest_of_answer(const Call& call, const BegunAnswer& begun);

}  // namespace bellwether::json
