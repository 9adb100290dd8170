// An authority is a host and perhaps a port. It is the value of a Host header, and stands in the
// target of a request in the absolute form. Pure.
#pragma once

#include <string_view>

namespace bellwether::http {

// Whether the text is an authority (RFC 9110, 7.2) whose host is not empty and that has no user.
bool is_authority(std::string_view text);

// The host of an authority, without the port and without the brackets of an IPv6 address. `text`
// must be an authority.
std::string_view host_of(std::string_view text);

}  // namespace bellwether::http
