// Keys that cannot be right, and those that hardly are: what is pasted or copied along with them,
// and what stands where nobody has put one yet. Pure; repeats nothing of a key.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace bw::config {

struct CredentialFault {
    Severity severity = Severity::error;
    std::string what;  // continues "the key in env:NAME ..."
    std::string hint;
};

// Nothing: it may be a key.
std::optional<CredentialFault> credential_fault(std::string_view key);

}  // namespace bw::config
