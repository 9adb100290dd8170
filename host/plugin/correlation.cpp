#include "plugin/correlation.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace bellwether::plugin {
namespace {

constexpr std::array<std::string_view, 3> k_names{
    "x-request-id: ", "traceparent: ", "tracestate: "};

bool is_correlation(std::string_view header) {
    return std::ranges::any_of(
        k_names, [header](std::string_view name) { return header.starts_with(name); });
}

}  // namespace

void set_correlation(std::vector<std::string>& headers, const Call& call) {
    std::erase_if(headers, is_correlation);
    const std::array<std::string_view, 3> values{call.id, call.traceparent, call.tracestate};
    for (std::size_t i = 0; i < k_names.size(); ++i) {
        if (!values[i].empty()) headers.push_back(std::string(k_names[i]).append(values[i]));
    }
}

}  // namespace bellwether::plugin
