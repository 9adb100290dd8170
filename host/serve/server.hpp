// The running host: binds the addresses, runs the workers, reloads the config, and ends when a
// signal asks for it.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "front/host.hpp"
#include "serve/descriptors.hpp"
#include "serve/inherited_sockets.hpp"
#include "serve/reloader.hpp"

namespace bellwether::serve {

// Serves until a signal ends it (serve/signals.hpp): the first one makes the workers drain, a
// second one ends them at once. `load` reads the config again. `room`: how many client connections
// may be open. `inherited` sockets are used in place of new ones. Calls `ready` with the addresses
// of the API and of the admin listener (empty: there is none) once connections are accepted. The
// error is a sentence.
using Ready = std::function<void(const std::string& url, const std::string& admin_url)>;
std::expected<void, std::string> run(front::Host host, Load load, const ConnectionRoom& room,
                                     InheritedSockets inherited, const Ready& ready);

}  // namespace bellwether::serve
