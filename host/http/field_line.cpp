#include "http/field_line.hpp"

#include "http/characters.hpp"

namespace bellwether::http {

std::expected<FieldPlace, Refusal> read_field_line(std::span<char> line) {
    if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) {
        return std::unexpected(
            malformed("A header line begins with white space; a value cannot be "
                      "continued on another line."));
    }
    std::size_t name = 0;
    for (; name < line.size() && line[name] != ':'; ++name) {
        const char letter = token_lower(line[name]);
        if (letter == 0) {
            return std::unexpected(
                malformed("A header's name has a character that is not allowed, or white space."));
        }
        line[name] = letter;
    }
    if (name == 0 || name == line.size()) {
        return std::unexpected(malformed("A header line is not \"name: value\"."));
    }
    const std::string_view whole(line.data(), line.size());
    const std::string_view value = trimmed(whole.substr(name + 1));
    if (!is_value(value)) {
        return std::unexpected(malformed("A header's value has control characters."));
    }
    return FieldPlace{.name_size = name,
                      .value = static_cast<std::size_t>(value.data() - whole.data()),
                      .value_size = value.size()};
}

Refusal headers_too_large() {
    return {.status = 431,
            .code = "headers_too_large",
            .message =
                "The request headers are too many or too large (server.max_headers, "
                "server.max_header_count)."};
}

}  // namespace bellwether::http
