// The running host: binds the addresses, runs the workers, reloads the config, and ends when a
// signal asks for it.
#pragma once

#include <expected>
#include <string>

#include "front/host.hpp"
#include "serve/reloader.hpp"
#include "serve/threads.hpp"

namespace bellwether::serve {

// Serves until a signal ends it (serve/signals.hpp): the first one makes the workers drain, a
// second one ends them at once. `load` reads the config again. `room`: how many client connections
// may be open. The error is a sentence.
std::expected<void, std::string> run(front::Host host, Load load, const ConnectionRoom& room,
                                     Inheritance& inheritance, const Threads::Ready& ready);

}  // namespace bellwether::serve
