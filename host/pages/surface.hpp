// The paths that clients see, and what each answers.
#pragma once

#include <optional>
#include <string_view>

#include "front/answer.hpp"

namespace bw::pages {

front::Answer answer_for(const http::RequestHead& request, const front::Context& context,
                         const config::Key* caller);

// The health paths: whether the host itself lives, and whether it takes new work. They never call a
// model; any listener answers them, to whoever asks.
bool is_health(std::string_view path);
std::optional<front::Answer> health(std::string_view path, const front::Context& context);

}  // namespace bw::pages
