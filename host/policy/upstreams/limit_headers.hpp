// Reads what an upstream's response says of the upstream's own rate limits: the headers
// `x-ratelimit-limit-requests`, `x-ratelimit-remaining-requests` and `x-ratelimit-reset-requests`,
// and the same for tokens. OpenAI sends them, and many others have copied them. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "net/transport.hpp"

namespace bw::policy {

struct ReportedLimit {
    std::int64_t limit = -1;              // -1: not said
    std::int64_t remaining = -1;          // -1: not said, or not a number
    std::chrono::milliseconds reset{-1};  // until all of `limit` is there again; -1: not said

    // True if the figures can be used. Some upstreams send a limit of 0 or -1 that has no meaning.
    bool sound() const { return limit > 0 && remaining >= 0 && reset.count() >= 0; }
};

struct SaidLimits {
    ReportedLimit requests;
    ReportedLimit tokens;
};

// Header names are in lower case.
SaidLimits read_limit_headers(std::span<const net::Header> headers);

// Reads "12ms", "6m0s", "1h2m3.5s", or plain seconds such as "1.5". Nothing: the text has another
// form, or means more than a year.
std::optional<std::chrono::milliseconds> parse_reset(std::string_view text);

}  // namespace bw::policy
