// The form of client keys, of their names and of their expiry, and which models a key allows. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace bellwether::config {

// A key is "bw-ID-SECRET". The alphabet leaves out i, l and o, which are easily taken for digits,
// and u.
inline constexpr std::string_view k_key_prefix = "bw-";
inline constexpr std::string_view k_key_alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
inline constexpr std::size_t k_key_id_min = 8;
inline constexpr std::size_t k_key_id_max = 12;
inline constexpr std::size_t k_key_bytes_max = 256;

bool is_key_id(std::string_view text);

// Names of keys and teams: at most 64 letters, digits and `-_.@+`. None of these is a wildcard, so
// no name is taken for a pattern.
bool is_key_name(std::string_view text);
inline constexpr std::string_view k_key_name_expected =
    R"(1 to 64 letters, digits and "-_.@+", a letter or a digit first, such as "alice")";

// The public part of a whole key; nothing: the text does not have the form of a key.
std::optional<std::string_view> key_id_of(std::string_view key);

// Whether the text looks like a key of this host or of an upstream. If so, no message repeats it.
bool may_be_secret(std::string_view text);
// The same, where a name such as "bw-team" or "sk-model" may stand: only a whole key is as long.
bool is_long_secret(std::string_view text);
// The text with "***" for each whole key in it, wherever it stands: "providers.***.base_url".
std::string with_keys_masked(std::string_view text);

// Whether the key may use a model, which is named as in the client's request. Null: the host asks
// for no keys, so every model may be used.
bool may_use(const Key* key, std::string_view model);

// Whether the time is that of the key's `expires` or later.
bool has_ended(const Key& key, std::chrono::system_clock::time_point now);

// Whether a key ends later than another one; one without an end does so later than any with one.
bool ends_after(const Key& key, const Key& other);

// Parses an expiry as the config writes it: a date, "2027-01-31", which means its first moment, or
// a date with a time, "2027-01-31T18:00:00+07:00". Without a zone the time is UTC.
std::optional<std::chrono::sys_seconds> parse_expiry(std::string_view text);
// As RFC 3339 in UTC: "2027-01-31T11:00:00Z".
std::string format_expiry(std::chrono::sys_seconds at);

}  // namespace bellwether::config
