#include "json/mistake.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "json/number.hpp"
#include "json/value.hpp"

namespace bellwether::json {
namespace {

constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";

// Walks the text as skip_value does, and keeps the place and the reason of the first mistake.
class Finder {
  public:
    Finder(std::string_view text, int depth_max)
        : begin_(text.data()),
          end_(text.data() + text.size()),
          p_(begin_),
          depth_max_(depth_max),
          nesting_(depth_max) {}

    std::optional<Mistake> find() {
        if (std::string_view(begin_, end_).starts_with(k_byte_order_mark)) {
            wrong("it begins with a byte order mark; leave it out");
            return mistake_;
        }
        space();
        if (p_ == end_) wrong("it is empty");
        while (!mistake_ && !whole_) value();
        if (mistake_) return mistake_;
        space();
        if (p_ != end_) wrong("something follows the end of the JSON value");
        return mistake_;
    }

  private:
    void space() { p_ = skip_space(p_, end_); }

    // Keeps the mistake. Always false, so that a check can return it.
    bool wrong(std::string what) {
        mistake_ =
            Mistake{.what = std::move(what), .offset = static_cast<std::size_t>(p_ - begin_)};
        return false;
    }

    void value() {
        if (p_ == end_) {
            wrong("it ends where a value was expected");
        } else if (*p_ == '{' || *p_ == '[') {
            enter();
        } else if (scalar()) {
            after_value();
        }
    }

    void enter() {
        if (!nesting_.enter(*p_ == '{')) {
            wrong(fmt::format("it nests deeper than {} levels", depth_max_));
            return;
        }
        ++p_;
        space();
        if (p_ != end_ && *p_ == nesting_.closer()) {
            nesting_.leave();
            ++p_;
            return after_value();
        }
        if (nesting_.in_object()) key();
    }

    void after_value() {
        while (!nesting_.empty()) {
            space();
            if (p_ == end_) {
                wrong("it ends inside of an object or an array");
                return;
            }
            if (*p_ == ',') return after_comma();
            if (*p_ != nesting_.closer()) {
                wrong(fmt::format("a comma or '{}' was expected", nesting_.closer()));
                return;
            }
            nesting_.leave();
            ++p_;
        }
        whole_ = true;
    }

    void after_comma() {
        ++p_;
        space();
        if (p_ != end_ && *p_ == nesting_.closer()) {
            wrong("a comma stands before the end of an object or an array");
        } else if (nesting_.in_object()) {
            key();
        }
    }

    void key() {
        if (p_ == end_ || *p_ != '"') {
            wrong("a member's name in double quotes was expected");
            return;
        }
        if (!string()) return;
        space();
        if (p_ == end_ || *p_ != ':') {
            wrong("a colon was expected after a member's name");
            return;
        }
        ++p_;
        space();
    }

    bool scalar() {
        if (*p_ == '"') return string();
        if (*p_ == '-' || detail::is_digit(p_, end_)) return number();
        const char* const stop = skip_scalar(p_, end_);
        if (stop == nullptr) return wrong("a value was expected");
        p_ = stop;
        return true;
    }

    bool number() {
        const char* const stop = skip_number(p_, end_);
        if (stop == nullptr) return wrong("a number is malformed");
        const std::string_view text(p_, static_cast<std::size_t>(stop - p_));
        if (text.size() > k_number_bytes_max) {
            return wrong(fmt::format("a number has more than {} characters", k_number_bytes_max));
        }
        if (!in_range(text)) {
            return wrong("a number is out of the range of a double");
        }
        p_ = stop;
        return true;
    }

    bool string() {
        for (++p_;;) {
            p_ = detail::skip_plain(p_, end_);
            if (p_ == end_) return wrong("it ends inside of a string");
            const auto byte = static_cast<unsigned char>(*p_);
            if (byte == '"') break;
            if (byte < 0x20) {
                return wrong(
                    fmt::format("a string holds the control character 0x{:02x}; "
                                "escape it",
                                byte));
            }
            const char* const next =
                byte == '\\' ? detail::skip_escape(p_, end_) : detail::skip_utf8(p_, end_);
            if (next == nullptr) return wrong(wrong_character(byte == '\\'));
            p_ = next;
        }
        ++p_;
        return true;
    }

    std::string wrong_character(bool escape) const {
        if (!escape) return "a string is not valid UTF-8";
        const bool unicode = end_ - p_ > 1 && p_[1] == 'u';
        const int unit = unicode ? detail::hex_quad(p_ + 2, end_) : -1;
        if (unit < 0) return "a string holds an escape that does not exist";
        return "a string holds half of a surrogate pair";
    }

    const char* begin_;
    const char* end_;
    const char* p_;
    int depth_max_;
    detail::Nesting nesting_;
    bool whole_ = false;
    std::optional<Mistake> mistake_;
};

}  // namespace

std::optional<Mistake> find_mistake(std::string_view text, int depth_max) {
    return Finder(text, depth_max).find();
}

std::string place(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto line = std::ranges::count(before, '\n') + 1;
    const auto line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
    return fmt::format("line {}, column {} (byte {})", line, offset - line_begin + 1, offset);
}

}  // namespace bellwether::json
