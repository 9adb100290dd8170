#include "base/nearest.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/ascii.hpp"

namespace bellwether {
namespace {

constexpr std::size_t k_far = std::numeric_limits<std::size_t>::max();
constexpr std::size_t k_cost_of_edit = 4;
constexpr std::size_t k_prefix_bytes_min = 3;
constexpr std::size_t k_substring_bytes_min = 4;

using Row = std::array<std::size_t, k_nearest_name_bytes_max + 1>;

// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
std::size_t edits(std::string_view a, std::string_view b) {
    Row before{}, last{}, row{};
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
    }
    return last[b.size()];
}

std::size_t cost_of_edits(std::string_view a, std::string_view b) {
    const std::size_t limit = std::max<std::size_t>(1, std::max(a.size(), b.size()) / 3);
    const std::size_t difference = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (difference > limit) return k_far;
    const std::size_t count = edits(a, b);
    return count <= limit ? k_cost_of_edit * count : k_far;
}

// The cost of two names of which one contains the other, or which begin alike: "qwen" and
// "qwen-max", "gpt-4-turbo" and "gpt-4.1". There a count of the edits would say too little.
std::size_t cost_of_overlap(std::string_view a, std::string_view b) {
    if (a.size() > b.size()) std::swap(a, b);
    const auto common = static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
    const std::size_t rest = b.size() - common;
    if (common == a.size() && common >= k_prefix_bytes_min) return 2 + rest / 2;
    if (common >= k_substring_bytes_min && common * 3 >= a.size() * 2) return 4 + rest;
    const bool inside = a.size() >= k_substring_bytes_min && b.find(a) != b.npos;
    return inside ? 6 + (b.size() - a.size()) : k_far;
}

}  // namespace

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> known) {
    if (name.empty() || name.size() > k_nearest_name_bytes_max) return std::nullopt;
    const std::string wanted = lower(name);
    const std::string* best = nullptr;
    std::size_t best_cost = k_far;
    for (const auto& candidate : known) {
        if (candidate.empty() || candidate.size() > k_nearest_name_bytes_max) continue;
        const std::string other = lower(candidate);
        const std::size_t cost =
            std::min(cost_of_edits(wanted, other), cost_of_overlap(wanted, other));
        if (cost >= best_cost) continue;
        best_cost = cost;
        best = &candidate;
    }
    return best == nullptr ? std::nullopt : std::optional(*best);
}

}  // namespace bellwether
