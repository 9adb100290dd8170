#include "front/call_headers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/money.hpp"

namespace bellwether::front {
namespace {

// Makes a name from the configuration or the client fit for a header: whatever is not printable
// ASCII becomes "?".
std::string header_value(std::string_view text) {
    std::string value(text);
    std::ranges::replace_if(
        value, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
    return value;
}

}  // namespace

std::string answering_headers(const Answering& answering) {
    using std::chrono::duration;
    if (answering.attempts == 0) return {};
    std::string lines;
    if (!answering.tried.empty()) {
        lines.append("x-bellwether-tried: ").append(answering.tried).append("\r\n");
    }
    if (answering.generation != 0) {
        const fmt::format_int number(answering.generation);
        lines.append("x-bellwether-generation: ").append(number.data(), number.size());
        lines.append("\r\n");
    }
    return lines +
           fmt::format(
               "x-bellwether-provider: {}\r\nx-bellwether-model: {}\r\nx-bellwether-attempts: "
               "{}\r\n"
               "x-bellwether-overhead-ms: {:.3f}\r\nopenai-processing-ms: {}\r\n",
               answering.provider, header_value(answering.model), answering.attempts,
               duration<double, std::milli>(answering.so_far - answering.waited).count(),
               std::chrono::duration_cast<std::chrono::milliseconds>(answering.so_far).count());
}

std::string cost_header(std::optional<std::int64_t> cost_micro_usd) {
    if (!cost_micro_usd) return {};
    return fmt::format("x-bellwether-cost: {}\r\n", config::format_usd(*cost_micro_usd));
}

}  // namespace bellwether::front
