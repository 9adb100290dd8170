// Percent-encoding (RFC 3986, 2.1), and forms made of it. Pure.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace bellwether::credentials {

// Every byte but letters, digits, "-._~" and those of `kept` as "%" and two upper-case digits.
std::string percent_encoded(std::string_view text, std::string_view kept = {});

// The body of a form (application/x-www-form-urlencoded). A field whose value is empty is left out.
std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields);

}  // namespace bellwether::credentials
