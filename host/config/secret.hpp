// References to credentials. No function here ever repeats the text of a malformed reference: it
// may be the credential itself, pasted in the wrong place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace bellwether::config {

// What a reference begins with.
inline constexpr std::string_view k_env = "env:";
inline constexpr std::string_view k_file = "file:";

// Whether a provider's key of this name is a credential: `api_key`, or `*_key`, `*_token`,
// `*_secret`.
bool names_secret(std::string_view key);

// Whether a key of this name, in any spelling, may hold a credential or a URL with a credential in
// it: "API_KEY", "apiKey", "passwd", "base_url", "headers". If in doubt, true.
bool may_hold_secret(std::string_view key);

// What is wrong with a reference, continuing "api_key ..."; nothing: its form is right.
std::optional<std::string> reference_fault(std::string_view reference);

// Why a key cannot be right (an error) or is hardly right (a warning): something was copied along
// with it, or a placeholder still stands in its place. It repeats nothing of the key.
struct CredentialFault {
    Severity severity = Severity::error;
    std::string what;  // continues "the key in env:NAME ..."
    std::string hint;
};

// Nothing: the text may be a key.
std::optional<CredentialFault> credential_fault(std::string_view key);

inline constexpr std::string_view k_inner_space = "holds a space";

// What was copied along with a value, or read along with it from a file: "ends in a line end",
// "stands in quotes"; empty: nothing. It continues a sentence that begins with the value's source.
std::string_view stray_text(std::string_view value);

}  // namespace bellwether::config
