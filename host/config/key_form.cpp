#include "config/key_form.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/letters.hpp"
#include "config/pattern.hpp"

namespace bellwether::config {
namespace {

constexpr std::size_t k_name_bytes_max = 64;

bool is_of_alphabet(char c) { return k_key_alphabet.find(c) != k_key_alphabet.npos; }

}  // namespace

bool is_key_id(std::string_view text) {
    return text.size() >= k_key_id_min && text.size() <= k_key_id_max &&
           std::ranges::all_of(text, is_of_alphabet);
}

bool is_key_name(std::string_view text) {
    constexpr std::string_view k_others = "-_.@+";
    return !text.empty() && text.size() <= k_name_bytes_max && is_alphanumeric(text.front()) &&
           std::ranges::all_of(text, [k_others](char c) {
               return is_alphanumeric(c) || k_others.find(c) != k_others.npos;
           });
}

std::optional<std::string_view> key_id_of(std::string_view key) {
    if (!key.starts_with(k_key_prefix) || key.size() > k_key_bytes_max) return std::nullopt;
    const std::string_view rest = key.substr(k_key_prefix.size());
    const auto dash = rest.find('-');
    if (dash == rest.npos || dash + 1 == rest.size()) return std::nullopt;
    const std::string_view id = rest.substr(0, dash);
    return is_key_id(id) ? std::optional(id) : std::nullopt;
}

bool may_be_secret(std::string_view text) {
    return text.starts_with(k_key_prefix) || text.starts_with("sk-");
}

bool is_long_secret(std::string_view text) {
    constexpr std::size_t k_whole_key_bytes = 20;
    return may_be_secret(text) && text.size() >= k_whole_key_bytes;
}

std::string with_keys_masked(std::string_view text) {
    const auto belongs = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
    std::string masked;
    while (!text.empty()) {
        const auto end = std::ranges::find_if_not(text, belongs);
        const std::string_view word(text.begin(), end);
        if (is_long_secret(word)) {
            masked += "***";
            text.remove_prefix(word.size());
            continue;
        }
        // The next place where a key may begin is behind whatever is no letter and no digit.
        const auto next = std::ranges::find_if_not(text, is_alphanumeric);
        const auto skipped = static_cast<std::size_t>(next - text.begin()) + 1;
        masked += text.substr(0, skipped);
        text.remove_prefix(std::min(skipped, text.size()));
    }
    return masked;
}

bool may_use(const Key* key, std::string_view model) {
    if (key == nullptr || key->models.empty()) return true;
    return std::ranges::any_of(key->models, [model](const std::string& allowed) {
        return is_glob(allowed) ? glob_match(allowed, model) : allowed == model;
    });
}

// The clock counts in units so small that they do not reach every date that a config may name, so
// its time is turned into seconds and not the other way about.
bool has_ended(const Key& key, std::chrono::system_clock::time_point now) {
    return key.expires && std::chrono::floor<std::chrono::seconds>(now) >= *key.expires;
}

bool ends_after(const Key& key, const Key& other) {
    return other.expires && (!key.expires || *key.expires > *other.expires);
}

std::string format_expiry(std::chrono::sys_seconds at) {
    using namespace std::chrono;
    const auto day = floor<days>(at);
    const year_month_day date(day);
    const hh_mm_ss clock(at - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", int(date.year()),
                       unsigned(date.month()), unsigned(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

}  // namespace bellwether::config
