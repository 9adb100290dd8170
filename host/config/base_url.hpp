// The base URL of a provider, from the file or from a variable, with the mistakes that people make
// in one. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "config/url.hpp"

namespace bw::config {

inline constexpr std::string_view k_base_url_expected =
    R"(a URL such as "https://host/v1" or "env:NAME")";

struct UrlFault {
    std::string what;  // continues "base_url ..."; repeats nothing of the text
    std::string hint;  // may be empty
};

std::expected<Url, UrlFault> check_base_url(std::string_view text);

}  // namespace bw::config
