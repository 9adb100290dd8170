// An attempt that failed, or that was given up for another one.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.hpp"
#include "base/usage.hpp"
#include "config/config.hpp"

namespace bellwether::policy {

// What followed an attempt.
enum class Followed : std::uint8_t {
    same_target,   // it was tried again there
    other_target,  // by a fallback
    hedge,         // by nothing: another attempt of the call ran beside it, and goes on
};

struct FailedAttempt {
    std::string provider;
    std::string model;  // as the provider calls it
    ErrorKind kind;
    std::string code;
    Usage usage = {};  // of what was generated, or may have been, before it failed
    const config::Price* price = nullptr;
    std::chrono::nanoseconds duration{0};
    std::chrono::nanoseconds wait{0};  // from its end to the beginning of the next one
    Followed followed = Followed::other_target;
    bool continued = false;  // it went on with an answer that another attempt had begun
};

}  // namespace bellwether::policy
