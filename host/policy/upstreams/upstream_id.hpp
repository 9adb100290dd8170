// What an upstream calls a request, which is what its operators ask for when something went wrong.
// Pure.
#pragma once

#include <span>
#include <string>

#include "net/transport.hpp"

namespace bw::policy {

// Out of a response's headers, fit for a log; empty: it does not say.
std::string upstream_id(std::span<const net::Header> headers);

}  // namespace bw::policy
