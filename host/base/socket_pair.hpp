// Two sockets that are connected with each other.
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/descriptor.hpp"

namespace bellwether {

// They carry streams, and descriptors. `flags`: SOCK_NONBLOCK, or none. The error is a sentence.
std::expected<std::pair<Descriptor, Descriptor>, std::string> socket_pair(int flags = 0);

}  // namespace bellwether
