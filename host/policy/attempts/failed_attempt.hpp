// An attempt that failed and was followed by another.
#pragma once

#include <string>

#include "base/error.hpp"
#include "base/usage.hpp"
#include "config/config.hpp"

namespace bw::policy {

struct FailedAttempt {
    std::string provider;
    std::string model;  // as the provider calls it
    ErrorKind kind;
    std::string code;
    Usage usage = {};  // of what was generated, or may have been, before it failed
    const config::Price* price = nullptr;
};

}  // namespace bw::policy
