#include "pages/secret_setting.hpp"

#include <algorithm>
#include <string>

#include "base/ascii.hpp"
#include "json/value.hpp"

namespace bellwether::pages {
namespace {

// Whether a key has the name of a credential, "X-Api-Key" and "apiKey" among them. To hide too much
// does no harm.
bool names_secret(std::string key) {
    constexpr std::string_view k_endings[] = {"key",      "token",       "secret",
                                              "password", "credentials", "authorization"};
    key = lower(key);
    return std::ranges::any_of(k_endings, [&key](auto ending) { return key.ends_with(ending); });
}

// Whether a member at any depth has such a name. The reader of the config bounds the depth.
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

}  // namespace bellwether::pages
