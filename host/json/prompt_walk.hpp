// Walks the prompt of a request: checks that it is JSON, and measures the parts that are no text,
// such as pictures and sound. What a part is follows from its members and not from its "type",
// which may be wrong. A part that the host does not know is of unknown size. A text is scanned
// once, and its escapes stay as they are.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/call.hpp"

namespace bellwether::json {

// What the large models take at most for a picture, unless they are asked to look at more of it.
inline constexpr std::int64_t k_picture_tokens = 4'096;

std::int64_t count_digits(std::string_view text);

// `value`: where the prompt begins in call.body. Fills in `parts` and `prompts` of call.asked, and
// gives the end of the prompt; nullptr if it is malformed or nests deeper than `depth_max`.
const char* walk_prompt(Call& call, const char* value, int depth_max);

}  // namespace bellwether::json
