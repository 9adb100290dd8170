// Tells systemd, or whoever else started the host with $NOTIFY_SOCKET set, how it is.
#pragma once

#include <string_view>

namespace bw::serve {

// `state` is "READY=1" or "STOPPING=1". Nothing happens if nobody wants to know: the host runs the
// same without an answer.
void tell_service_manager(std::string_view state);

}  // namespace bw::serve
