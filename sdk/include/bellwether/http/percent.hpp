// bellwether/http/percent.hpp - percent-encoding (RFC 3986, 2.1) of what goes into a URL.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/version.hpp>

#include <string>
#include <string_view>

namespace bw::v1 {

// `text` as a segment of a path or as a value of a query: all but letters, digits and "-._~" is
// encoded.
inline std::string percent_encoded(std::string_view text) {
    constexpr std::string_view k_hex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (ascii::is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += k_hex[byte >> 4];
        out += k_hex[byte & 15];
    }
    return out;
}

}  // namespace bw::v1
