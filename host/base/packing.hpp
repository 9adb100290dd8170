// How a body is compressed, by its Content-Encoding (RFC 9110, 8.4.1). Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/ascii.hpp"

namespace bellwether {

enum class Packing { none, gzip, deflate };

// The packing of a coding by its name, in upper or lower case; nothing: the host does not know it.
inline std::optional<Packing> packing_named(std::string_view name) {
    const auto is = [name](std::string_view known) {
        return std::ranges::equal(name, known, {}, [](char c) { return lower(c); });
    };
    if (is("identity")) return Packing::none;
    if (is("gzip") || is("x-gzip")) return Packing::gzip;
    if (is("deflate")) return Packing::deflate;
    return std::nullopt;
}

}  // namespace bellwether
