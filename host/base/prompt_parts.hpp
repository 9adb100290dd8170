// `PromptParts` counts the parts of a prompt that are not text: pictures, sound, and parts whose
// size in tokens is not known.
#pragma once

#include <cstdint>
#include <limits>

namespace bellwether {

inline constexpr std::int64_t k_tokens_unknown = std::numeric_limits<std::int64_t>::max();

struct PromptParts {
    std::int64_t bytes = 0;   // of the strings that stand for such parts
    std::int64_t digits = 0;  // among those bytes
    std::int64_t pictures = 0;
    bool detailed = false;  // pictures are to be looked at in a higher resolution than usual
    std::int64_t sound_tokens = 0;
    // The tokens of videos, files and parts of an unknown kind: one for each byte that came with
    // the request; k_tokens_unknown if the request only names one of them (by a link or an id).
    std::int64_t other_tokens = 0;
};

}  // namespace bellwether
