#include "plugin/braces.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace bellwether::plugin {
namespace {

bool is_option_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return is_alphanumeric(c) || c == '_' || c == '-';
    });
}

bool is_label(std::string_view label) {
    constexpr std::size_t k_label_bytes_max = 63;
    const auto fits = [](char c) { return is_alphanumeric(c) || c == '-'; };
    return !label.empty() && label.size() <= k_label_bytes_max && label.front() != '-' &&
           label.back() != '-' && std::ranges::all_of(label, fits);
}

}  // namespace

std::optional<std::vector<std::string>> names_in(std::string_view text) {
    std::vector<std::string> names;
    for (auto at = text.find_first_of("{}"); at != text.npos; at = text.find_first_of("{}", at)) {
        const auto end = text.find_first_of("{}", at + 1);
        if (text[at] == '}' || end == text.npos || text[end] == '{') return std::nullopt;
        const std::string_view name = text.substr(at + 1, end - at - 1);
        if (!is_option_name(name)) return std::nullopt;
        names.emplace_back(name);
        at = end + 1;
    }
    return names;
}

std::string with_values(std::string_view text, const ValueOf& value_of) {
    std::string filled;
    std::size_t taken = 0;
    for (auto at = text.find('{'); at != text.npos; at = text.find('{', at)) {
        const auto end = text.find('}', at);
        filled.append(text, taken, at - taken);
        filled += value_of(text.substr(at + 1, end - at - 1), at);
        at = taken = end + 1;
    }
    return filled.append(text, taken);
}

std::size_t end_of_authority(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == url.npos) return 0;
    return std::min(url.find_first_of("/?#", scheme + 3), url.size());
}

bool fits_host(std::string_view value) {
    constexpr std::size_t k_host_bytes_max = 253;
    if (value.size() > k_host_bytes_max) return false;
    while (true) {
        const auto dot = std::min(value.find('.'), value.size());
        if (!is_label(value.substr(0, dot))) return false;
        if (dot == value.size()) return true;
        value.remove_prefix(dot + 1);
    }
}

}  // namespace bellwether::plugin
