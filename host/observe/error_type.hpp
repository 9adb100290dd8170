// The closed vocabulary of errors in the metrics. A code that an upstream invented must not make a
// new time series, so it is counted under the usual code for that kind of error.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace bellwether::observe {

// The whole vocabulary. The first is empty: no error. The last is `other`.
std::span<const std::string_view> error_types();

// The index of `code`. If the vocabulary does not have it: the index of the usual code for `kind`,
// or that of `other` without a kind.
std::size_t error_type(std::string_view code, std::optional<ErrorKind> kind = std::nullopt);

}  // namespace bellwether::observe
