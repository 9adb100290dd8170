// The health paths: whether the host itself lives, and whether it takes new work. They never call a
// model.
#pragma once

#include <optional>
#include <string_view>

#include "serve/surface.hpp"

namespace bw::serve {

std::optional<Answer> health(std::string_view path, const Context& context);

}  // namespace bw::serve
