// What the kinds of OAuth 2.0 have in common (RFC 6749, 5): the token request and its answer. Pure.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "credentials/token.hpp"

namespace bellwether::credentials {

// A token of which nobody says how long it holds.
inline constexpr std::chrono::seconds k_lifetime_unsaid = std::chrono::minutes(5);
inline constexpr std::chrono::seconds k_lifetime_max = std::chrono::hours(24);

// A request that posts a form to a token endpoint.
TokenRequest form_request(std::string url, std::string body);

// The token in the endpoint's answer, or what the endpoint says against it. `secrets` are hidden
// wherever the endpoint repeats them.
std::expected<Token, TokenRefusal> read_token_answer(int status, std::string_view body,
                                                     std::span<const std::string_view> secrets);

// Whether a URL may be sent a secret: https, or http to this very machine. The text continues
// "the token URL ..."; empty: it may.
std::string token_url_fault(std::string_view url);

}  // namespace bellwether::credentials
