// The health paths: whether the host itself lives, and whether it takes new work. They never call a
// model.
#pragma once

#include <optional>
#include <string_view>

#include "front/answer.hpp"

namespace bw::pages {

bool is_health(std::string_view path);

std::optional<front::Answer> health(std::string_view path, const front::Context& context);

}  // namespace bw::pages
