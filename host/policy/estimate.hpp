// What a call may come to at most, before it is sent: the figure that is held. Pure.
//
// A prompt's tokens are bounded by its bytes (prompt_size.hpp).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/call.hpp"
#include "policy/prompt_size.hpp"

namespace bw::policy {

// Tokens for a thousand bytes of text that is not digits. 1 token for 3.2 bytes was enough for
// natural language in every script, and for code; no vocabulary of bytes needs more than one a
// byte.
inline constexpr std::int64_t k_density_default = 313;
inline constexpr std::int64_t k_density_max = 1000;

// `context`: the most that a prompt of that model can be.
std::int64_t prompt_tokens_max(const PromptSize& size, std::int64_t density, std::int64_t context);
// The density that would have given `tokens`, rounded up; within the default and the maximum.
std::int64_t density_of(const PromptSize& size, std::int64_t tokens);

// A single choice never has more, whatever the client asks for.
inline constexpr std::int64_t k_choice_tokens_max = 1'000'000;
// OpenAI's own limit on `n`.
inline constexpr std::int64_t k_choices_max = 128;

// The tokens of all choices of all prompts: the client's limit, else `cap`, for each of them.
std::int64_t output_tokens_max(const Call& call, std::int64_t cap);

}  // namespace bw::policy
