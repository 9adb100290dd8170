// Finds the id that an upstream gives to a request. Its operators ask for the id when something
// went wrong. Pure.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "net/transport.hpp"

namespace bellwether::policy {

// The id in a response's headers, as at most 128 printable characters, so that it may go into a
// log. Empty: there is none, or `is_secret` says of its text that it has a credential in it.
std::string upstream_id(std::span<const net::Header> headers,
                        const std::function<bool(std::string_view)>& is_secret);

}  // namespace bellwether::policy
