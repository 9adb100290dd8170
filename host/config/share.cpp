#include "config/share.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <cmath>

#include "config/money.hpp"

namespace bellwether::config {

std::optional<int> share_of(const toml::node& node) {
    constexpr DecimalUnit k_percent[] = {{"%", 2}};
    std::int64_t share = 0;
    if (const auto* text = node.as_string()) {
        share = parse_decimal(text->get(), k_percent, k_whole_share).value_or(0);
    } else if (const auto number = node.value<double>(); number && node.is_number()) {
        const double scaled = *number * k_whole_share;
        if (!(scaled >= 1 && scaled <= k_whole_share)) return std::nullopt;
        share = std::lround(scaled);
        if (std::abs(scaled - static_cast<double>(share)) > 1e-6) return std::nullopt;
    }
    if (share < 1 || share > k_whole_share) return std::nullopt;
    return static_cast<int>(share);
}

std::string share_text(int share) { return fmt::format("{}.{:02}%", share / 100, share % 100); }

}  // namespace bellwether::config
