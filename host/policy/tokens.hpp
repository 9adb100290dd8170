// Token counts where the provider gave none. Rough on purpose: within about 20 % for natural
// language in any script on common vocabularies, and never zero for text.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/call.hpp"
#include "base/usage.hpp"

namespace bw::policy {

// A quarter of the UTF-8 bytes, and a whole token for each ASCII digit, which Qwen's vocabulary
// splits one by one.
std::int64_t estimate_tokens(std::string_view text);

// What one emitted piece of JSON holds of generated text, in tokens: the content, reasoning,
// refusal and tool arguments of its choices.
std::int64_t generated_tokens(std::string_view json);

// The call's usage at its end: the provider's figures where it gave any, else what was observed,
// else the estimate. `sent`: something went upstream. `observed`: tokens in what was delivered.
Usage settle(const Call& call, Usage reported, bool sent, std::int64_t observed);

}  // namespace bw::policy
