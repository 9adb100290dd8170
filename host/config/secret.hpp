// References to credentials. No function here ever repeats the text of a malformed reference: it
// may be the credential itself, pasted in the wrong place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace bw::config {

// Whether a provider's key of this name is a credential: `api_key`, or `*_key`, `*_token`,
// `*_secret`.
bool names_secret(std::string_view key);

// Whether what a key of this name holds may be a credential or a URL with one, in any spelling:
// "API_KEY", "apiKey", "passwd", "base_url", "headers". Rather too often than too seldom.
bool may_hold_secret(std::string_view key);

// What is wrong with a reference, continuing "api_key ..."; nothing if it may be resolved.
std::optional<std::string> reference_fault(std::string_view reference);

// A key that cannot be right, or hardly is: what is pasted or copied along with it, and what stands
// where nobody has put one yet. It repeats nothing of the key.
struct CredentialFault {
    Severity severity = Severity::error;
    std::string what;  // continues "the key in env:NAME ..."
    std::string hint;
};

// Nothing: it may be a key.
std::optional<CredentialFault> credential_fault(std::string_view key);

inline constexpr std::string_view k_inner_space = "holds a space";

// What came along with a value that is copied or read from a file, continuing a sentence that
// begins with where the value is from: "ends in a line end", "stands in quotes"; empty: nothing
// did.
std::string_view stray_text(std::string_view value);

}  // namespace bw::config
