// The running host: binds the address, runs the workers, and ends on SIGTERM or SIGINT.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "front/context.hpp"

namespace bw::serve {

// Serves until a signal has been handled: SIGTERM or SIGINT drains, a second one ends at once.
// Calls `ready` with the addresses of the API and of the admin listener (empty: there is none) once
// connections are accepted. The error is a sentence.
using Ready = std::function<void(const std::string& url, const std::string& admin_url)>;
std::expected<void, std::string> run(const front::Host& host, const Ready& ready);

}  // namespace bw::serve
