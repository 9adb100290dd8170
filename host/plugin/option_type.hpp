// The types that a plugin's manifest may give its options. One definition, for what an author
// declares and for what an operator writes.
#pragma once

#include <bellwether/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bw::plugin {

const std::vector<std::string>& option_types();

// A duration is its text, as the config has it.
bool has_type(const json::Value& value, std::string_view type);

// "30s" in milliseconds; the config has checked no option yet, so a plugin's durations end here.
std::optional<std::int64_t> milliseconds_of(std::string_view text);

}  // namespace bw::plugin
