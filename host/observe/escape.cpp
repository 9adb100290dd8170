#include "observe/escape.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace bellwether::observe {

namespace {

bool plain_ascii(unsigned char c) { return c >= 0x20 && c < 0x7f; }
bool continuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// The smallest and the largest second byte that a lead byte allows. The smallest keeps out overlong
// forms, and C1 controls, which some terminals obey; the largest keeps out surrogates and code
// points beyond U+10FFFF.
unsigned char second_min(unsigned char lead) {
    switch (lead) {
        case 0xc2: return 0xa0;
        case 0xe0: return 0xa0;
        case 0xf0: return 0x90;
        default: return 0x80;
    }
}
unsigned char second_max(unsigned char lead) {
    switch (lead) {
        case 0xed: return 0x9f;
        case 0xf4: return 0x8f;
        default: return 0xbf;
    }
}

std::size_t sequence_size(unsigned char lead) {
    if (lead >= 0xc2 && lead <= 0xdf) return 2;
    if (lead >= 0xe0 && lead <= 0xef) return 3;
    if (lead >= 0xf0 && lead <= 0xf4) return 4;
    return 0;
}

// How many bytes at the start of `text` are one printable character beyond ASCII; 0: none.
std::size_t printable_sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::size_t size = sequence_size(byte(0));
    if (size == 0 || text.size() < size) return 0;
    if (byte(1) < second_min(byte(0)) || byte(1) > second_max(byte(0))) return 0;
    for (std::size_t i = 2; i < size; ++i) {
        if (!continuation(byte(i))) return 0;
    }
    return size;
}

bool special(char c) { return c == '"' || c == '\\'; }
bool never(char) { return false; }

// Copies what is printable and not special as it is, in runs; hands every other byte to `escape`.
template <typename Special, typename Escape>
void append_escaped(std::string& out, std::string_view text, Special is_special, Escape escape) {
    while (!text.empty()) {
        const auto end = std::ranges::find_if_not(text, [&](char c) {
            return plain_ascii(static_cast<unsigned char>(c)) && !is_special(c);
        });
        const auto run = static_cast<std::size_t>(end - text.begin());
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        if (text.empty()) return;
        const bool ascii = plain_ascii(static_cast<unsigned char>(text.front()));
        const std::size_t size = ascii ? 0 : printable_sequence(text);
        if (size == 0) escape(text.front());
        out.append(text.substr(0, size));
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
}

void append_json_escape(std::string& out, char c) {
    const auto code = static_cast<unsigned char>(c);
    switch (c) {
        case '"': out += "\\\""; return;
        case '\\': out += "\\\\"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    if (code >= 0x80) {
        out += "\\ufffd";
    } else {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", code);
    }
}

void append_text_escape(std::string& out, char c) {
    if (c == '"' || c == '\\') {
        out.append({'\\', c});
    } else {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    }
}

bool needs_quotes(char c) { return c == ' ' || c == '=' || c == '"' || c == '\\'; }

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    append_escaped(out, text, special, [&](char c) { append_json_escape(out, c); });
    out += '"';
}

void append_printable(std::string& out, std::string_view text) {
    append_escaped(out, text, never, [&](char c) { append_text_escape(out, c); });
}

void append_value(std::string& out, std::string_view text) {
    if (!text.empty() && std::ranges::none_of(text, needs_quotes)) {
        return append_printable(out, text);
    }
    out += '"';
    append_escaped(out, text, special, [&](char c) { append_text_escape(out, c); });
    out += '"';
}

}  // namespace bellwether::observe
