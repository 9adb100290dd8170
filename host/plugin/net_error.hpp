// Turns a failure of an exchange with an upstream into the error of a call.
#pragma once

#include <string_view>

#include "base/error.hpp"
#include "net/transport.hpp"

namespace bellwether::plugin {

// `provider`: its name in the config, for the message.
Error to_error(const net::Failure& failure, std::string_view provider);

}  // namespace bellwether::plugin
