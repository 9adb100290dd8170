#include "http/query.hpp"

#include <algorithm>

#include "http/characters.hpp"

namespace bellwether::http {

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                            hex_value(text[i + 2]) >= 0;
        decoded += escape ? static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]))
                          : text[i];
        if (escape) i += 2;
    }
    return decoded;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const std::string_view part = query.substr(0, end);
        const auto equals = std::min(part.find('='), part.size());
        if (part.substr(0, equals) == name) {
            return percent_decoded(part.substr(std::min(equals + 1, part.size())));
        }
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return std::nullopt;
}

}  // namespace bellwether::http
