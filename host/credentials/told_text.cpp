#include "credentials/told_text.hpp"

#include <algorithm>

#include "credentials/percent.hpp"

namespace bellwether::credentials {
namespace {

constexpr std::string_view k_hidden = "***";
constexpr std::size_t k_secret_bytes_min = 4;  // what is shorter stands in any sentence

void hide(std::string& text, std::string_view secret) {
    if (secret.size() < k_secret_bytes_min) return;
    for (auto at = text.find(secret); at != text.npos; at = text.find(secret, at)) {
        text.replace(at, secret.size(), k_hidden);
        at += k_hidden.size();
    }
}

// Cuts between characters of UTF-8.
void cut(std::string& text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) {
        --bytes_max;
    }
    text.resize(bytes_max);
    text += "...";
}

}  // namespace

std::string told_text(std::string_view text, std::span<const std::string_view> secrets) {
    std::string hidden(text);
    for (const std::string_view secret : secrets) {
        hide(hidden, secret);
        hide(hidden, percent_encoded(secret));
    }
    std::string line;
    for (const char c : hidden) {
        const auto byte = static_cast<unsigned char>(c);
        const bool blank = byte <= 0x20 || byte == 0x7F;
        if (!blank) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    if (line.ends_with(' ')) line.pop_back();
    cut(line, k_told_bytes_max);
    return line;
}

bool fits_header(std::string_view secret) {
    const auto printable = [](char c) { return c >= 0x20 && c <= 0x7E; };
    return !secret.empty() && secret.front() != ' ' && secret.back() != ' ' &&
           std::ranges::all_of(secret, printable);
}

}  // namespace bellwether::credentials
