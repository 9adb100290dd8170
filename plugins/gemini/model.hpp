// What the name of a model says, and how it stands in a path.
#pragma once

#include <bellwether/ascii.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace gemini {

// Of "gemini-2.5-flash" 2; 0 if the name does not say it.
inline int generation(std::string_view model) {
    constexpr std::string_view k_family = "gemini-";
    const std::size_t found = model.find(k_family);
    if (found == std::string_view::npos) return 0;
    const std::string_view rest = model.substr(found + k_family.size());
    const bool digit = !rest.empty() && bw::ascii::is_digit(rest.front());
    const bool alone = rest.size() < 2 || !bw::ascii::is_digit(rest[1]);
    return !digit ? 0 : alone ? rest.front() - '0' : 10;
}

// Models since the third generation think in levels, and refuse a call of theirs that comes back
// without the signature of the thought behind it.
inline bool thinks_in_levels(std::string_view model) { return generation(model) >= 3; }
inline bool wants_signatures(std::string_view model) {
    const bool latest = generation(model) == 0 && model.find("-latest") != std::string_view::npos;
    return latest || generation(model) >= 3;
}

// A segment of a path, whatever a client has written there.
inline std::string encoded(std::string_view segment) {
    std::string out;
    for (const char c : segment) {
        if (bw::ascii::is_alnum(c) ||
            std::string_view("-._~:@").find(c) != std::string_view::npos) {
            out += c;
        } else {
            constexpr char k_digits[] = "0123456789ABCDEF";
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += k_digits[byte >> 4];
            out += k_digits[byte & 15];
        }
    }
    return out;
}

// "tunedModels/a b" with each of its segments encoded. Dots that would lead out of a path are none
// in a name.
inline std::string encoded_path(std::string_view path) {
    std::string out;
    while (true) {
        const std::size_t slash = path.find('/');
        const std::string_view segment = path.substr(0, slash);
        out += segment == "." || segment == ".." ? "_" : encoded(segment);
        if (slash == std::string_view::npos) return out;
        out += '/';
        path.remove_prefix(slash + 1);
    }
}

}  // namespace gemini
