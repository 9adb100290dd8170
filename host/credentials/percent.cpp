#include "credentials/percent.hpp"

#include "base/ascii.hpp"

namespace bellwether::credentials {

std::string percent_encoded(std::string_view text, std::string_view kept) {
    constexpr std::string_view k_digits = "0123456789ABCDEF";
    constexpr std::string_view k_unreserved = "-._~";
    std::string encoded;
    encoded.reserve(text.size());
    for (const char c : text) {
        if (is_alphanumeric(c) || k_unreserved.find(c) != k_unreserved.npos ||
            kept.find(c) != kept.npos) {
            encoded += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        encoded += '%';
        encoded += k_digits[byte >> 4];
        encoded += k_digits[byte & 15];
    }
    return encoded;
}

std::string form(std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
    std::string body;
    for (const auto& [name, value] : fields) {
        if (value.empty()) continue;
        if (!body.empty()) body += '&';
        body.append(name).append("=").append(percent_encoded(value));
    }
    return body;
}

}  // namespace bellwether::credentials
