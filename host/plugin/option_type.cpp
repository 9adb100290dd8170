#include "plugin/option_type.hpp"

#include <charconv>

namespace bw::plugin {

using json::Kind;

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
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || number > 86'400'000) return std::nullopt;
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    if (unit == "ms") return number;
    if (unit == "s") return number * 1'000;
    if (unit == "m") return number * 60'000;
    if (unit == "h") return number * 3'600'000;
    return std::nullopt;
}

}  // namespace bw::plugin
