// What of a prompt stands in place of text: pictures, sound, and parts whose size nobody can tell.
#pragma once

#include <cstdint>
#include <limits>

namespace bw {

inline constexpr std::int64_t k_tokens_unknown = std::numeric_limits<std::int64_t>::max();

struct PromptParts {
    std::int64_t bytes = 0;   // of the strings that are no text
    std::int64_t digits = 0;  // among those bytes
    std::int64_t pictures = 0;
    bool detailed = false;  // more of each picture is looked at than usual
    std::int64_t sound_tokens = 0;
    // Of videos, files and parts that are not known: a token a byte of what came with the request,
    // k_tokens_unknown if anything is only named.
    std::int64_t other_tokens = 0;
};

}  // namespace bw
