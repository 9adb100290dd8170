// Text of an endpoint that goes into an error: one line, not long, and without a secret that the
// endpoint repeats. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bellwether::credentials {

inline constexpr std::size_t k_told_bytes_max = 400;

// `text` with "***" for each of `secrets` in it, also where it stands percent-encoded, and a space
// for each run of control characters; cut after k_told_bytes_max.
std::string told_text(std::string_view text, std::span<const std::string_view> secrets);

// Whether a secret can be sent in a header as it is: printable ASCII, and no space at an end.
bool fits_header(std::string_view secret);

}  // namespace bellwether::credentials
