#include "config/pattern.hpp"

#include <algorithm>
#include <vector>

namespace bellwether::config {
namespace {

bool is_wildcard(char c) { return c == '*' || c == '?'; }

// The position after the UTF-8 character at `at`, so that `?` means what a reader sees.
std::size_t next_character(std::string_view text, std::size_t at) {
    do {
        ++at;
    } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
    return at;
}

// The characters of a pattern, so that two of them are compared as glob_match() reads them.
std::vector<std::string_view> characters(std::string_view pattern) {
    std::vector<std::string_view> all;
    for (std::size_t at = 0; at < pattern.size();) {
        const std::size_t next = next_character(pattern, at);
        all.push_back(pattern.substr(at, next - at));
        at = next;
    }
    return all;
}

bool meet(std::string_view character, std::string_view other) {
    return character == other || character == "?" || other == "?";
}

std::ptrdiff_t literals(std::string_view pattern) {
    return std::ranges::count_if(pattern, [](char c) { return !is_wildcard(c); });
}

}  // namespace

bool is_glob(std::string_view pattern) { return std::ranges::any_of(pattern, is_wildcard); }

// After a mismatch only the last `*` takes one more character: whatever an earlier `*` could take,
// the last one can take instead. So one position to return to is enough, without recursion.
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

// Fills a table from the ends of both patterns: `row[j]` says whether `ours` from `i` on and
// `theirs` from `j` on overlap, and `below` is the row of `i + 1`. A star matches either nothing
// more, or one more character of the other pattern.
bool patterns_overlap(std::string_view pattern, std::string_view other) {
    const auto ours = characters(pattern), theirs = characters(other);
    std::vector<bool> below(theirs.size() + 1), row(theirs.size() + 1);
    for (std::size_t i = ours.size() + 1; i-- > 0;) {
        for (std::size_t j = theirs.size() + 1; j-- > 0;) {
            const bool we_end = i == ours.size(), they_end = j == theirs.size();
            if (!we_end && ours[i] == "*") {
                row[j] = below[j] || (!they_end && row[j + 1]);
            } else if (!they_end && theirs[j] == "*") {
                row[j] = row[j + 1] || (!we_end && below[j]);
            } else {
                row[j] =
                    we_end == they_end && (we_end || (meet(ours[i], theirs[j]) && below[j + 1]));
            }
        }
        std::swap(row, below);
    }
    return below[0];
}

bool more_specific(std::string_view pattern, std::string_view other) {
    if (is_glob(pattern) != is_glob(other)) return !is_glob(pattern);
    const auto ours = literals(pattern), theirs = literals(other);
    if (ours != theirs) return ours > theirs;
    const bool matches_all = pattern == "*", other_does = other == "*";
    return matches_all != other_does ? other_does : pattern < other;
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

}  // namespace bellwether::config
