// One header line: a name, a colon and a value (RFC 9112, 5).
#pragma once

#include <cstddef>
#include <expected>
#include <span>

#include "http/refusal.hpp"

namespace bw::http {

// Where the parts stand in the line.
struct FieldPlace {
    std::size_t name_size = 0;
    std::size_t value = 0;
    std::size_t value_size = 0;
};

// `line` is without its line end; the name in it becomes lower case.
std::expected<FieldPlace, Refusal> read_field_line(std::span<char> line);

Refusal headers_too_large();

}  // namespace bw::http
