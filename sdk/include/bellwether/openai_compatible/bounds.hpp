// What an answer may have at most that is read as one: more than any client asks for and any API
// gives, and little enough that no provider can keep a host busy with it. Part of
// <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/version.hpp>

#include <cstddef>

namespace bw::v1::openai {

// Of one reply or event, and of one reply made of a stream.
inline constexpr std::size_t k_choices_max = 4096;
inline constexpr std::size_t k_tool_calls_max = 4096;
// Of one reply made of a stream: names of members, and bytes.
inline constexpr std::size_t k_members_max = 65'536;
inline constexpr std::size_t k_folded_bytes_max = std::size_t{64} << 20;
// Of a text that is looked through for the words of an error.
inline constexpr std::size_t k_error_bytes_max = std::size_t{256} << 10;

inline constexpr const char* k_too_many_choices = "sent more than 4096 choices";
inline constexpr const char* k_too_many_tool_calls = "sent more than 4096 tool calls";

}  // namespace bw::v1::openai
