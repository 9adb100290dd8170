// Fetches a credential's token, as a call would, to see whether it can be had. For checks, never
// for calls.
#pragma once

#include <chrono>

#include "base/error.hpp"
#include "credentials/credential.hpp"

namespace bellwether::plugin {

// Blocks until there is a token, or not, at most `limit`. The credential needs tokens.
Result<void> try_token(const credentials::Credential& credential, std::chrono::milliseconds limit);

}  // namespace bellwether::plugin
