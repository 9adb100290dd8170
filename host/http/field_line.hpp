// Parses one header line: a name, a colon and a value (RFC 9112, 5). Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <span>

#include "http/refusal.hpp"

namespace bellwether::http {

// Where the name (from the line's first byte) and the value stand in the line, in bytes.
struct FieldPlace {
    std::size_t name_size = 0;
    std::size_t value = 0;
    std::size_t value_size = 0;
};

// `line` comes without its line end. The name is changed to lower case in place.
std::expected<FieldPlace, Refusal> read_field_line(std::span<char> line);

Refusal headers_too_large();

}  // namespace bellwether::http
