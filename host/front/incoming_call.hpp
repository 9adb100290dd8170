// Makes the call, as the rest of the host sees it, out of a complete HTTP request.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "config/config.hpp"
#include "http/request.hpp"
#include "plugin/registry.hpp"

namespace bellwether::front {

// Moves the body out of the request; the request's headers stay as they are. `caller` may be null;
// `random` makes the id of the call's span.
Call incoming_call(http::IncomingRequest& request, Operation operation, std::string id,
                   const config::Key* caller, std::mt19937_64& random);

// Sets the call's user from the header of this name, unless the header is sent several times with
// different values. A user from the header counts more than one from the body. `lower_case_name`
// empty: no header is configured.
void take_user(Call& call, const http::IncomingRequest& request, std::string_view lower_case_name);

// The names of the headers that a call keeps: those that any provider lists in forward_headers or
// its plugin wants to see, and those by which a sticky route chooses.
std::vector<std::string> kept_headers(const config::Config& config,
                                      const plugin::Registry& registry);
// Copies the headers of these names, without those that are too long.
void take_forwarded(Call& call, const http::IncomingRequest& request,
                    const std::vector<std::string>& kept_headers);

}  // namespace bellwether::front
