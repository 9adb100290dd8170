// The running host: binds the address, runs the workers, and ends when a signal asks for it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "front/context.hpp"
#include "serve/descriptors.hpp"

namespace bellwether::serve {

// Serves until a signal ends it (serve/signals.hpp): the first one makes the workers drain, a
// second one ends them at once. `room`: how many client connections may be open. Calls `ready` with
// the addresses of the API and of the admin listener (empty: there is none) once connections are
// accepted. The error is a sentence.
using Ready = std::function<void(const std::string& url, const std::string& admin_url)>;
std::expected<void, std::string> run(const front::Host& host, const ConnectionRoom& room,
                                     const Ready& ready);

}  // namespace bellwether::serve
