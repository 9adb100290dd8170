// Tells systemd, or another program that started the host with $NOTIFY_SOCKET set, the host's
// state.
#pragma once

#include <string_view>

namespace bellwether::serve {

// `state` is "READY=1" or "STOPPING=1". Does nothing without $NOTIFY_SOCKET, and ignores errors:
// the host runs in the same way without a service manager.
void tell_service_manager(std::string_view state);
// The host reads its config again; "READY=1" follows. systemd wants the time of it
// (Type=notify-reload).
void tell_of_reload();

}  // namespace bellwether::serve
