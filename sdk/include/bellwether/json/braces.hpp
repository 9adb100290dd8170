// Whether a JSON text that comes in pieces is complete. Part of <bellwether/json.hpp>.
#pragma once

#include <bellwether/version.hpp>

#include <cstddef>
#include <string_view>

#include <bellwether/json/scan.hpp>

namespace bw::v1::json {

// Counts braces and brackets outside of strings, each byte once. It proves nothing: text that is
// complete by this count may still be malformed.
class Braces {
  public:
    void feed(std::string_view text) {
        for (const char c : text) feed(c);
    }
    // The same of what stands, valid, between the quotes of a JSON string.
    void feed_escaped(std::string_view inner) {
        const char* const end = inner.data() + inner.size();
        for (const char* p = inner.data(); p < end; ++p) {
            if (*p != '\\' || end - p < 2) {
                feed(*p);
                continue;
            }
            ++p;
            if (*p == 'u') {
                const int unit = detail::hex_quad(p + 1, end);
                feed(unit >= 0 && unit < 0x80 ? static_cast<char>(unit) : 'x');
                p += 4;
            } else {
                feed(*p == '"' || *p == '\\' || *p == '/' ? *p : ' ');
            }
        }
    }

    // An object or an array has ended, and nothing has come after it.
    bool complete() const { return ended_; }
    // A string has begun and not ended.
    bool in_string() const { return in_string_; }
    // One has begun and not ended.
    bool within() const { return depth_ > 0; }

  private:
    void feed(char c) {
        if (in_string_) {
            in_string_ = escaped_ || c != '"';
            escaped_ = !escaped_ && c == '\\';
            return;
        }
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') return;
        ended_ = false;
        if (c == '"') {
            in_string_ = true;
        } else if (c == '{' || c == '[') {
            ++depth_;
        } else if ((c == '}' || c == ']') && depth_ > 0) {
            ended_ = --depth_ == 0;
        }
    }

    std::size_t depth_ = 0;
    bool in_string_ = false;
    bool escaped_ = false;
    bool ended_ = false;
};

}  // namespace bw::v1::json
