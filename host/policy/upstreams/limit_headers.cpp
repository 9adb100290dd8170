#include "policy/upstreams/limit_headers.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace bw::policy {
namespace {

constexpr double k_ms_max = 366.0 * 86'400'000;

// The most digits of an amount. A longer number counts as not sent.
constexpr std::size_t k_digits_max = 18;

std::int64_t parse_amount(std::string_view text) {
    std::int64_t amount = -1;
    if (text.size() > k_digits_max) return -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
    return error == std::errc() && end == text.data() + text.size() && amount >= 0 ? amount : -1;
}

// Takes a number with its unit, such as "3.5h", off the front of the text and gives milliseconds.
// The last number of the text may have no unit and is in seconds then.
std::optional<double> take_ms(std::string_view& text) {
    constexpr std::array<std::pair<std::string_view, double>, 6> k_units{
        {{"ms", 1}, {"us", 1e-3}, {"ns", 1e-6}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}}};
    double amount = 0;
    const char* const all = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), all, amount, std::chars_format::fixed);
    if (error != std::errc() || amount < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    for (const auto& [unit, ms] : k_units) {
        if (!text.starts_with(unit)) continue;
        text.remove_prefix(unit.size());
        return amount * ms;
    }
    if (!text.empty()) return std::nullopt;
    return amount * 1'000;
}

void read_field(ReportedLimit& limit, std::string_view what, std::string_view value) {
    if (what == "limit") limit.limit = parse_amount(value);
    if (what == "remaining") limit.remaining = parse_amount(value);
    if (what == "reset") limit.reset = parse_reset(value).value_or(std::chrono::milliseconds(-1));
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_reset(std::string_view text) {
    double total = 0;
    if (text.empty()) return std::nullopt;
    while (!text.empty()) {
        const auto part = take_ms(text);
        if (!part) return std::nullopt;
        total += *part;
    }
    if (!(total <= k_ms_max)) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(total)));
}

SaidLimits read_limit_headers(std::span<const net::Header> headers) {
    constexpr std::string_view k_prefix = "x-ratelimit-";
    SaidLimits said;
    for (const net::Header& header : headers) {
        if (!header.name.starts_with(k_prefix)) continue;
        std::string_view what = header.name.substr(k_prefix.size());
        const std::size_t dash = what.find('-');
        if (dash == what.npos) continue;
        const std::string_view of = what.substr(dash + 1);
        what = what.substr(0, dash);
        if (of == "requests") read_field(said.requests, what, header.value);
        if (of == "tokens") read_field(said.tokens, what, header.value);
    }
    return said;
}

}  // namespace bw::policy
