// References to credentials. No function here ever repeats the text of a malformed reference: it
// may be the credential itself, pasted in the wrong place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bw::config {

// Whether a provider's key of this name is a credential: `api_key`, or `*_key`, `*_token`,
// `*_secret`.
bool names_secret(std::string_view key);

// Whether what a key of this name holds may be a credential or a URL with one, in any spelling:
// "API_KEY", "apiKey", "passwd", "base_url", "headers". Rather too often than too seldom.
bool may_hold_secret(std::string_view key);

// What is wrong with a reference, continuing "api_key ..."; nothing if it may be resolved.
std::optional<std::string> reference_fault(std::string_view reference);

}  // namespace bw::config
