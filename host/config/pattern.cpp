#include "config/pattern.hpp"

#include <algorithm>

namespace bw::config {
namespace {

bool is_wildcard(char c) { return c == '*' || c == '?'; }

// The position after the UTF-8 character at `at`, so that `?` means what a reader sees.
std::size_t next_character(std::string_view text, std::size_t at) {
    do {
        ++at;
    } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
    return at;
}

std::ptrdiff_t literals(std::string_view pattern) {
    return std::ranges::count_if(pattern, [](char c) { return !is_wildcard(c); });
}

}  // namespace

bool is_glob(std::string_view pattern) { return std::ranges::any_of(pattern, is_wildcard); }

// Only the last `*` ever takes more: what an earlier one could give, it can give as well. So there
// is one point to return to, and no recursion.
bool glob_match(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0;
    std::size_t star = pattern.npos, resume = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < pattern.size() && pattern[p] == '?') {
            ++p;
            n = next_character(name, n);
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != pattern.npos) {
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == pattern.npos;
}

bool more_specific(std::string_view pattern, std::string_view other) {
    if (is_glob(pattern) != is_glob(other)) return !is_glob(pattern);
    const auto ours = literals(pattern), theirs = literals(other);
    return ours != theirs ? ours > theirs : pattern < other;
}

const Route* best_match(std::span<const Route> routes, std::string_view name) {
    const Route* best = nullptr;
    for (const auto& route : routes) {
        const bool matches =
            is_glob(route.model) ? glob_match(route.model, name) : route.model == name;
        if (!matches || (best != nullptr && !more_specific(route.model, best->model))) continue;
        best = &route;
    }
    return best;
}

}  // namespace bw::config
