// Reads the few members of a request body that the host itself needs, in one pass and without a
// DOM. upstream_body.hpp rewrites them.
#pragma once

#include <string>
#include <string_view>

#include "base/call.hpp"
#include "base/error.hpp"

namespace bellwether::json {

inline constexpr int k_depth_max = 64;
inline constexpr std::size_t k_model_bytes_max = 256;
inline constexpr std::size_t k_user_bytes_max = 256;  // a longer name is ignored

// Checks that call.body is one JSON object with the members that every request needs, and fills in
// everything in `call` that comes from the body.
Result<void> read_request(Call& call);

// Sets the name of the call's user, unless a better source has given one already. A name is ignored
// if it is empty or too long, or has control characters or bytes that are not UTF-8.
void name_user(Call& call, UserSource source, std::string_view name);

}  // namespace bellwether::json
