// The types that a plugin's manifest may give its options. The same functions check the defaults
// that a plugin's author declares and the values that an operator writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"

namespace bellwether::plugin {

const std::vector<std::string>& option_types();

// Whether `value` is of that type. A duration is a string such as "30s", as in the config.
bool has_type(const json::Value& value, std::string_view type);

// A duration such as "30s" in milliseconds; nothing if it is malformed or too long. This is the
// only check, as the config does not check the options of plugins.
std::optional<std::int64_t> milliseconds_of(std::string_view text);

}  // namespace bellwether::plugin
