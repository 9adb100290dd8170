// Decodes parts of a request's target (RFC 3986, 2.1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bellwether::http {

// Replaces each "%" and two hexadecimal digits by the byte that they stand for.
std::string percent_decoded(std::string_view text);

// The decoded value of the first `name=value` in a query ("a=1&b=2"); nothing: it is not there.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

}  // namespace bellwether::http
