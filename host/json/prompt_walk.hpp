// Walks the prompt of a request: checks that it is JSON, and finds what of it stands in place of
// text. What a part is, is told from its members, not from the type that it says it has; what the
// host does not know is of unknown size. A text is looked through once, and never parsed.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/call.hpp"

namespace bw::json {

// A picture: what the large models take for one of any size, unless more of it is looked at.
inline constexpr std::int64_t k_picture_tokens = 4'096;

std::int64_t count_digits(std::string_view text);

// `value`: where the prompt begins in call.body. Fills in call.parts and call.prompts, and gives
// the end of the prompt; nullptr if it is malformed or nests deeper than `depth_max`.
const char* walk_prompt(Call& call, const char* value, int depth_max);

}  // namespace bw::json
