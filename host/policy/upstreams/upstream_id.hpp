// Finds the id that an upstream gives to a request. Its operators ask for the id when something
// went wrong. Pure.
#pragma once

#include <span>
#include <string>

#include "net/transport.hpp"

namespace bw::policy {

// The id in a response's headers, as at most 128 printable characters, so that it may go into a
// log. Empty: there is none.
std::string upstream_id(std::span<const net::Header> headers);

}  // namespace bw::policy
