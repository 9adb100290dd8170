// The closed vocabulary of errors in the metrics. A code that an upstream invented must not make a
// new time series, so it counts as what kind of error it was.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "base/error.hpp"

namespace bw::observe {

// All there are. The first is empty: no error. The last is `other`.
std::span<const std::string_view> error_types();

// The index of `code`; of what `kind` usually means if the code is not in the vocabulary; of
// `other` without a kind.
std::size_t error_type(std::string_view code, std::optional<ErrorKind> kind = std::nullopt);

}  // namespace bw::observe
