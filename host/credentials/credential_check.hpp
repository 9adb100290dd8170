// Whether a credential's kind and the config's values fit together. Pure.
#pragma once

#include <string>

#include "credentials/credential_kind.hpp"

namespace bellwether::credentials {

// What is wrong and what to do, as the end of a sentence that begins with the credential; empty:
// nothing. It repeats no value. A service account's file is checked where it is read.
std::string fault_of(const CredentialKind& kind, const CredentialValues& values);

}  // namespace bellwether::credentials
