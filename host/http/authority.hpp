// The value of Host, and the authority of an absolute target: a host and perhaps a port.
#pragma once

#include <string_view>

namespace bw::http {

// RFC 9110, 7.2, with a host that is not empty and no user's name.
bool is_authority(std::string_view text);

// Its host: without port and brackets. `text` is an authority.
std::string_view host_of(std::string_view text);

}  // namespace bw::http
