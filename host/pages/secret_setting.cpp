#include "pages/secret_setting.hpp"

#include <algorithm>
#include <bellwether/json.hpp>
#include <string>

#include "base/ascii.hpp"

namespace bw::pages {
namespace {

// "X-Api-Key" and "apiKey", too: what is hidden in vain costs nothing.
bool names_secret(std::string key) {
    constexpr std::string_view k_endings[] = {"key",      "token",       "secret",
                                              "password", "credentials", "authorization"};
    key = lower(key);
    return std::ranges::any_of(k_endings, [&key](auto ending) { return key.ends_with(ending); });
}

// The config bounds how deep a setting goes.
bool holds_secret(const json::Value& value) {
    for (const auto& member : value.members()) {
        if (names_secret(member.key()) || holds_secret(member.value())) return true;
    }
    for (const auto& element : value.elements()) {
        if (holds_secret(element)) return true;
    }
    return false;
}

}  // namespace

bool may_hold_secret(std::string_view key, std::string_view json) {
    return names_secret(std::string(key)) || holds_secret(json::Value(json));
}

}  // namespace bw::pages
