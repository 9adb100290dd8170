// The running host: binds the address, runs the workers, and ends on SIGTERM or SIGINT.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "serve/context.hpp"

namespace bw::serve {

// Serves until a signal has been handled: SIGTERM or SIGINT drains, a second one ends at once.
// Calls `ready` with the address once connections are accepted. The error is a sentence.
std::expected<void, std::string> run(const Host& host,
                                     const std::function<void(const std::string&)>& ready);

}  // namespace bw::serve
