// The form of client keys and of what the config says of them, and what a key allows. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace bw::config {

// A key is "bw-ID-SECRET". The alphabet has no letter that is easily taken for a digit: no i, l, o.
inline constexpr std::string_view k_key_prefix = "bw-";
inline constexpr std::string_view k_key_alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
inline constexpr std::size_t k_key_id_min = 8;
inline constexpr std::size_t k_key_id_max = 12;
inline constexpr std::size_t k_key_bytes_max = 256;

bool is_key_id(std::string_view text);

// What keys and teams are called: 64 letters, digits and `-_.@+` at most, none of them a wildcard.
bool is_key_name(std::string_view text);
inline constexpr std::string_view k_key_name_expected =
    R"(1 to 64 letters, digits and "-_.@+", a letter or a digit first, such as "alice")";

// The public part of a whole key; nothing: the text has not the form of one.
std::optional<std::string_view> key_id_of(std::string_view key);

// Whether the text looks like a key, of this host or of an upstream, and so is not to be repeated.
bool may_be_secret(std::string_view text);

// Whether the key may use a model by the name that the client gives it. Null: nobody is asked for a
// key, and everything may be used.
bool may_use(const Key* key, std::string_view model);

// A date, "2027-01-31", is its first moment; or with a time, "2027-01-31T18:00:00+07:00". Without a
// zone both are UTC. Written as in the config.
std::optional<std::chrono::sys_seconds> parse_expiry(std::string_view text);
// As RFC 3339 in UTC: "2027-01-31T11:00:00Z".
std::string format_expiry(std::chrono::sys_seconds at);

}  // namespace bw::config
