#include "plugin/option_type.hpp"

#include "config/quantity.hpp"

namespace bellwether::plugin {

using json::Kind;

namespace {

// A plugin is given a duration as a JSON number. The limit is far below 2^53, up to which every
// reader of JSON keeps whole numbers exact.
constexpr std::uint64_t k_duration_ms_max = 86'400'000ull * 3'600'000;

}  // namespace

const std::vector<std::string>& option_types() {
    static const std::vector<std::string> types{"string",   "integer", "number", "boolean",
                                                "duration", "array",   "table"};
    return types;
}

bool has_type(const json::Value& value, std::string_view type) {
    switch (value.kind()) {
        case Kind::string: return type == "string" || type == "duration";
        case Kind::number: return type == "number" || (type == "integer" && value.integer());
        case Kind::boolean: return type == "boolean";
        case Kind::array: return type == "array";
        case Kind::object: return type == "table";
        default: return false;
    }
}

std::optional<std::int64_t> milliseconds_of(std::string_view text) {
    const auto ms = config::parse_quantity(text, config::k_duration_units);
    if (!ms || *ms > k_duration_ms_max) return std::nullopt;
    return static_cast<std::int64_t>(*ms);
}

}  // namespace bellwether::plugin
