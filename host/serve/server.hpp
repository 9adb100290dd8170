// The running host: binds the address, runs the workers, and ends when a signal asks for it.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>

#include "front/context.hpp"
#include "serve/descriptors.hpp"

namespace bw::serve {

// Serves until a signal has been handled (serve/signals.hpp): one drains, a second one ends at
// once. `room` is what there is for connections of clients. Calls `ready` with the addresses of the
// API and of the admin listener (empty: there is none) once connections are accepted. The error is
// a sentence.
using Ready = std::function<void(const std::string& url, const std::string& admin_url)>;
std::expected<void, std::string> run(const front::Host& host, const ConnectionRoom& room,
                                     const Ready& ready);

}  // namespace bw::serve
