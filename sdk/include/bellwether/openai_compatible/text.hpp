// Text helpers for error messages: comparing, masking keys, excerpts of HTML, the nearest
// name. Part of <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bw::v1::openai::detail {

using ascii::contains_nocase;
using ascii::equal_nocase;
using ascii::find_nocase;
using ascii::is_alnum;
using ascii::is_alpha;
using ascii::is_digit;
using ascii::lower;

// At most `bytes` bytes, cut at a character, with an ellipsis if something is missing.
inline std::string shorten(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return std::string(text);
    while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
    return std::string(text.substr(0, bytes)) + "...";
}

// ---- keys ------------------------------------------------------------------------------------

inline bool is_key_char(char c) {
    return is_alnum(c) || c == '-' || c == '_' || c == '*' || c == '.';
}

// True if a credential may begin at `text`: it has the prefix of one, and more.
inline bool has_key_prefix(std::string_view text) {
    for (const std::string_view prefix :
         {"sk-", "sk_", "pk-", "hs-", "hs_", "cr_", "gsk_", "xai-", "hf_", "AIza", "AKIA", "LTAI",
          "ya29.", "eyJ", "r8_", "pplx-", "tgp_"}) {
        if (text.size() >= prefix.size() + 4 && text.substr(0, prefix.size()) == prefix) {
            return true;
        }
    }
    return false;
}

// True if the token may be a credential: it has a vendor's prefix, or a run of letters and digits
// too long for a word.
inline bool looks_like_key(std::string_view token) {
    std::size_t run = 0;
    bool digit = false;
    bool letter = false;
    for (std::size_t at = 0; at < token.size(); ++at) {
        if (!is_alnum(token[at])) {
            run = 0;
            digit = letter = false;
            continue;
        }
        if (run == 0 && has_key_prefix(token.substr(at))) return true;
        ++run;
        digit = digit || is_digit(token[at]);
        letter = letter || is_alpha(token[at]);
        if (run >= 24 && digit && letter) return true;
    }
    return false;
}

// True if the word `token`, with `between` after it, says that a credential follows.
inline bool announces_key(std::string_view token, std::string_view between) {
    if (equal_nocase(token, "bearer")) return true;
    if (between.find_first_of(":='\"`") == std::string_view::npos) return false;
    for (const std::string_view word :
         {"key", "token", "secret", "password", "provided", "authorization"}) {
        if (token.size() >= word.size() &&
            equal_nocase(token.substr(token.size() - word.size()), word)) {
            return true;
        }
    }
    return false;
}

// The bytes that mask_keys looks at: more than any message shows.
inline constexpr std::size_t k_masked_bytes_max = 4096;

// `text` with everything that may be a credential replaced by "***": upstreams like to quote the
// key that they refuse. Of a long text only the beginning. To be shortened only afterwards: half a
// key no longer looks like one.
inline std::string mask_keys(std::string_view whole) {
    const std::string kept = shorten(whole, k_masked_bytes_max);
    const std::string_view text(kept);
    constexpr std::string_view k_base64 = "+/=~";  // within a key, but not where one begins
    std::string out;
    bool announced = false;  // the words before say that a key follows
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && is_key_char(text[end])) ++end;
        const std::string_view token = text.substr(at, end - at);
        std::size_t wide_end = end;
        while (!token.empty() && wide_end < text.size() &&
               (is_key_char(text[wide_end]) || k_base64.find(text[wide_end]) != k_base64.npos)) {
            ++wide_end;
        }
        const std::string_view wide = text.substr(at, wide_end - at);
        const bool masked =
            looks_like_key(token) ||
            (announced && wide.size() >= 8 && wide.find_first_of("0123456789*") != wide.npos);
        if (masked) end = wide_end;
        out += masked ? std::string_view("***") : token;
        if (masked && wide.back() == '.') out += '.';
        at = end;
        while (at < text.size() && !is_key_char(text[at])) ++at;
        const std::string_view between = text.substr(end, at - end);
        announced = announces_key(token, between);
        out += between;
    }
    return out;
}

// ---- HTML ------------------------------------------------------------------------------------

// The first words of a body that is no JSON: without tags, scripts, runs of white space and
// anything that may be a credential.
inline std::string excerpt(std::string_view body) {
    constexpr std::size_t k_bytes = 160;
    constexpr std::size_t k_bytes_read = 2048;  // so that a key is seen whole
    std::string out;
    bool space = false;
    for (std::size_t at = 0; at < body.size() && out.size() < k_bytes_read; ++at) {
        const char c = body[at];
        if (c == '<') {
            std::size_t end = body.find('>', at);
            for (const std::string_view hidden : {"script", "style"}) {
                if (!equal_nocase(body.substr(at + 1, hidden.size()), hidden)) continue;
                const auto close = find_nocase(body, "</" + std::string(hidden), at);
                end = close == std::string_view::npos ? close : body.find('>', close);
            }
            if (end == std::string_view::npos) break;
            at = end;
            space = true;
        } else if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
            space = true;
        } else {
            if (space && !out.empty()) out += ' ';
            space = false;
            out += c;
        }
    }
    return shorten(mask_keys(out), k_bytes);
}

// ---- names -----------------------------------------------------------------------------------

inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = diagonal + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace bw::v1::openai::detail
