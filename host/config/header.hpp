// Names of headers that the file gives. Pure.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

#include "config/letters.hpp"

namespace bellwether::config {

inline constexpr std::size_t k_header_bytes_max = 64;

// Whether the text is the name of a header in lower case.
constexpr bool is_header_name(std::string_view name) {
    return !name.empty() && name.size() <= k_header_bytes_max && is_made_of(name, "-_");
}

// Headers that cannot name a user or a session, because they have another meaning. Some of them
// hold credentials, which must never get into the log or the ledger.
inline constexpr std::string_view k_taken_headers[] = {
    "authorization", "connection", "content-length",      "content-type",      "cookie",
    "expect",        "host",       "proxy-authorization", "transfer-encoding", "x-api-key"};

constexpr bool is_taken_header(std::string_view name) {
    return std::ranges::find(k_taken_headers, name) != std::end(k_taken_headers);
}

}  // namespace bellwether::config
