// Counts tokens where the provider reported none. The count is rough on purpose: within about 20 %
// for natural language in any script on common vocabularies, and never zero for text. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace bellwether::policy {

// One token for four UTF-8 bytes, and one for each ASCII digit, because Qwen's vocabulary has a
// token for each digit.
std::int64_t estimate_tokens(std::string_view text);

// What one emitted piece of JSON says of an answer.
struct PieceSeen {
    // Of generated text: content, reasoning, refusals, transcripts and tool calls of all choices.
    std::int64_t tokens = 0;
    std::int64_t text_bytes = 0;  // of that text, unescaped, without embedded data
    bool thoughts = false;        // some of it is reasoning
    // Whether the piece has content, which is what a client would miss: a `finish_reason`, or a
    // member of a delta that says something. The role is not content, because nearly all upstreams
    // send it before they have anything to say.
    bool content = false;
    // A bit for each choice that has its `finish_reason` here. Choices from index 63 on share the
    // last bit.
    std::uint64_t finished = 0;
};
PieceSeen look_at(std::string_view json);

}  // namespace bellwether::policy
