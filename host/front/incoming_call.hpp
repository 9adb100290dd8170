// Makes the call out of the request: what its headers and its body say to the rest of the host.
#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "config/config.hpp"
#include "http/request.hpp"

namespace bw::front {

// Takes the body; the request's headers stay as they are. `caller` may be null; `random` makes the
// id of the call's span.
Call incoming_call(http::RequestHead& request, Operation operation, std::string id,
                   const config::Key* caller, std::mt19937_64& random);

// The user that the request's header names, if it is sent once or always says the same; what
// the body says then counts no more. `lower_case_name` empty: there is no such header.
void take_user(Call& call, const http::RequestHead& request, std::string_view lower_case_name);

// The headers that one of the providers lists, as far as they are short enough.
void take_forwarded(Call& call, const http::RequestHead& request,
                    const std::vector<config::Provider>& providers);

}  // namespace bw::front
