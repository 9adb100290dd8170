// An attempt that failed.
#pragma once

#include <string>

#include "base/error.hpp"

namespace bw::policy {

struct FailedAttempt {
    std::string provider;
    ErrorKind kind;
    std::string code;
};

}  // namespace bw::policy
