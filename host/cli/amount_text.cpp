#include "cli/amount_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bellwether::cli {
namespace {

constexpr std::int64_t k_dollar = 1'000'000;
constexpr std::int64_t k_cent = 10'000;

// The absolute value, also of the least number, which has no positive counterpart.
std::uint64_t size_of(std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    return number < 0 ? 0 - bits : bits;
}

std::string with_commas(std::uint64_t number) {
    std::string text = fmt::format("{}", number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3) {
        text.insert(static_cast<std::size_t>(at), ",");
    }
    return text;
}

}  // namespace

std::string grouped(std::int64_t number) {
    return (number < 0 ? "-" : "") + with_commas(size_of(number));
}

std::string dollars(std::int64_t micro_usd) {
    const std::uint64_t size = size_of(micro_usd);
    const char* const sign = micro_usd < 0 ? "-" : "";
    if (size % k_cent != 0 && size < k_dollar) return fmt::format("{}$0.{:06}", sign, size);
    const std::uint64_t cents = size / k_cent + (size % k_cent >= k_cent / 2 ? 1 : 0);
    return fmt::format("{}${}.{:02}", sign, with_commas(cents / 100), cents % 100);
}

std::string exact_dollars(std::int64_t micro_usd) {
    const std::uint64_t size = size_of(micro_usd);
    return fmt::format("{}{}.{:06}", micro_usd < 0 ? "-" : "", size / k_dollar, size % k_dollar);
}

std::string time_text(std::int64_t us) {
    const auto ms = static_cast<double>(us) / 1e3;
    if (ms < 9.95) return fmt::format("{:.1f} ms", ms);
    if (ms < 999.5) return fmt::format("{:.0f} ms", ms);
    if (ms < 99'995) return fmt::format("{:.2f} s", ms / 1e3);
    return fmt::format("{:.0f} s", ms / 1e3);
}

}  // namespace bellwether::cli
