// Embeddings of the echo: a unit vector that depends on nothing but the text.
#pragma once

#include <bellwether/base64.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace echo {

inline std::vector<float> embed(std::string_view text, std::int64_t dimensions) {
    std::vector<float> vector;
    std::uint64_t state = 0xcbf29ce484222325u;  // FNV-1a
    for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    double length = 0;
    for (std::int64_t i = 0; i < dimensions; ++i) {
        state = (state ^ static_cast<std::uint64_t>(i + 1)) * 0x100000001b3u;
        vector.push_back(static_cast<float>(static_cast<double>(state >> 40) / (1 << 23) - 1.0));
        length += static_cast<double>(vector.back()) * static_cast<double>(vector.back());
    }
    for (float& x : vector) x = static_cast<float>(x / std::max(std::sqrt(length), 1e-6));
    return vector;
}

// The vector as a JSON array of numbers, or as a JSON string: base64 of little-endian floats.
inline std::string embedding_json(const std::vector<float>& vector, bool as_base64) {
    if (as_base64) {
        std::string bytes;
        for (const float x : vector) {
            std::uint32_t bits = 0;
            std::memcpy(&bits, &x, sizeof bits);
            for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift);
        }
        return '"' + bw::base64::encode(bytes) + '"';
    }
    std::string out = "[";
    for (const float x : vector) {
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), x).ptr;
        if (out.size() > 1) out += ',';
        out.append(digits.data(), end);
    }
    return out + ']';
}

}  // namespace echo
