#include "front/request_id.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bellwether::front {

std::string request_id(std::string_view given, std::mt19937_64& random) {
    constexpr std::size_t k_length_max = 128;
    const bool fit =
        !given.empty() && given.size() <= k_length_max &&
        std::ranges::all_of(given, [](char c) { return c > 0x20 && c < 0x7f && c != '"'; });
    return fit ? std::string(given) : fmt::format("req_{:016x}{:08x}", random(), random() >> 32);
}

}  // namespace bellwether::front
