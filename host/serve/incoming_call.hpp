// Makes the call out of the request: what its headers and its body say to the rest of the host.
#pragma once

#include <string>

#include "base/call.hpp"
#include "http/request.hpp"

namespace bw::serve {

// Takes the body; the request's headers stay as they are.
Call incoming_call(http::Request& request, Operation operation, std::string id);

}  // namespace bw::serve
