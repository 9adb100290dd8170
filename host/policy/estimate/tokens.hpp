// Token counts where the provider gave none. Rough on purpose: within about 20 % for natural
// language in any script on common vocabularies, and never zero for text.
#pragma once

#include <cstdint>
#include <string_view>

namespace bw::policy {

// A quarter of the UTF-8 bytes, and a whole token for each ASCII digit, which Qwen's vocabulary
// splits one by one.
std::int64_t estimate_tokens(std::string_view text);

// What one emitted piece of JSON says of an answer.
struct PieceSeen {
    // Of generated text: the content, reasoning, refusal, transcript and calls of tools of its
    // choices.
    std::int64_t tokens = 0;
    std::int64_t text_bytes = 0;  // of the same, unescaped and without data that stands in it
    bool thoughts = false;        // some of it is reasoning
    // Content: what a client would miss. A choice's last word is, and every member of a delta that
    // says something but its role, which nearly all upstreams send before they have anything to
    // say.
    bool content = false;
    // Choices whose last word it is: a bit each, those above share the last one.
    std::uint64_t finished = 0;
};
PieceSeen look_at(std::string_view json);

}  // namespace bw::policy
