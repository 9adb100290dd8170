// The paths of the clients' listener, and the answer of each.
#pragma once

#include <optional>
#include <string_view>

#include "front/context.hpp"

namespace bellwether::pages {

front::Answer answer_for(const http::IncomingRequest& request, const front::Context& context,
                         const config::Key* caller);

// The health paths tell whether the host runs and whether it takes new work. They never call a
// model. Every listener answers them, also without a client key.
bool is_health(std::string_view path);
std::optional<front::Answer> health(std::string_view path, const front::Context& context);

}  // namespace bellwether::pages
