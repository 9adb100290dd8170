// The origin of a web page, as browsers send it. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace bw::config {

// "scheme://host" or "scheme://host:port" in the form in which a browser has it: lower case,
// without the port that the scheme has anyway. Applications with pages of their own have their own
// schemes. The error continues "... has "https://x/", which ".
std::expected<std::string, std::string> parse_origin(std::string_view text);

}  // namespace bw::config
