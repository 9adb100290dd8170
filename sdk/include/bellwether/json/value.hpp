// Views on JSON values. Part of <bellwether/json.hpp>.
#pragma once

#include <bellwether/version.hpp>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

#include <bellwether/json/number.hpp>
#include <bellwether/json/scan.hpp>
#include <bellwether/json/text.hpp>

namespace bw::v1::json {

// What a Value is; `missing` is one that is not there, or is malformed.
enum class Kind { missing, null, boolean, number, string, array, object };

class Elements;
class Members;

namespace detail {

// True if the inside of a string is `text` once it is unescaped, which makes it shorter if
// anything.
inline bool unescaped_is(std::string_view inner, std::string_view text) {
    if (inner.size() < text.size() || (inner.size() == text.size() && inner != text)) return false;
    const bool plain = inner.find('\\') == std::string_view::npos;
    return plain ? inner == text : unescape(inner) == text;
}

}  // namespace detail

// A view on one JSON value: keep the text for as long as the view. Looking something up in text
// that is malformed gives a missing Value and never reads past its end; use `valid` to refuse such
// text.
class Value {
  public:
    Value() = default;
    // `text` is one value, with white space around it or not.
    explicit Value(std::string_view text) {
        const char* const p = skip_space(text.data(), text.data() + text.size());
        const char* end = text.data() + text.size();
        while (end != p && skip_space(end - 1, end) == end) --end;
        raw_ = std::string_view(p, static_cast<std::size_t>(end - p));
    }

    // Told from the first byte alone.
    Kind kind() const {
        if (raw_.empty()) return Kind::missing;
        switch (raw_.front()) {
            case '{': return Kind::object;
            case '[': return Kind::array;
            case '"': return Kind::string;
            case 't':
            case 'f': return Kind::boolean;
            case 'n': return Kind::null;
            default:
                return raw_.front() == '-' || detail::is_digit(raw_.data(), raw_.data() + 1)
                           ? Kind::number
                           : Kind::missing;
        }
    }
    // There and not null.
    explicit operator bool() const { return kind() != Kind::missing && kind() != Kind::null; }
    // The value's own text.
    std::string_view raw() const { return raw_; }

    // An object's member of that name, the first if there are several; else a missing value.
    Value operator[](std::string_view key) const;
    // An array's element; else a missing value.
    Value at(std::size_t index) const;
    // To be iterated; empty if this is no array.
    Elements elements() const;
    // To be iterated; empty if this is no object.
    Members members() const;

    // A string's text, unescaped; the fallback for anything else.
    std::string string(std::string_view fallback = "") const {
        const auto inner = string_inner();
        return inner ? unescape(*inner) : std::string(fallback);
    }
    // The same without a copy where nothing is escaped: into this value's own text, or into `room`,
    // which is written to only if it is needed. Empty for anything else.
    std::string_view text(std::string& room) const {
        const auto inner = string_inner();
        if (!inner || inner->find('\\') == std::string_view::npos) return inner.value_or("");
        room = unescape(*inner);
        return room;
    }
    // True if this is the string `text`.
    bool equals(std::string_view text) const {
        const auto inner = string_inner();
        return inner && detail::unescaped_is(*inner, text);
    }
    // A number written without fraction and exponent, if it fits.
    std::optional<std::int64_t> integer() const {
        std::int64_t number = 0;
        const char* const end = raw_.data() + raw_.size();
        if (kind() != Kind::number || skip_number(raw_.data(), end) != end) return std::nullopt;
        const auto [stop, error] = std::from_chars(raw_.data(), end, number);
        if (error != std::errc() || stop != end) return std::nullopt;
        return number;
    }
    // Any number, if a double can hold it.
    std::optional<double> number() const {
        double number = 0;
        const char* const end = raw_.data() + raw_.size();
        if (kind() != Kind::number || skip_number(raw_.data(), end) != end) return std::nullopt;
        const auto [stop, error] = detail::read_real(raw_.data(), end, number);
        if (error != std::errc() || stop != end) return std::nullopt;
        return number;
    }
    // true or false; the fallback for anything else.
    bool boolean(bool fallback) const {
        if (raw_ == "true") return true;
        return raw_ == "false" ? false : fallback;
    }

  private:
    std::optional<std::string_view> string_inner() const {
        if (raw_.size() < 2 || raw_.front() != '"' || raw_.back() != '"') return std::nullopt;
        return raw_.substr(1, raw_.size() - 2);
    }

    std::string_view raw_;
};

// One member of an object.
class Member {
  public:
    Member(std::string_view raw_key, Value value) : raw_key_(raw_key), value_(value) {}

    // Unescaped.
    std::string key() const { return unescape(raw_key_); }
    // As it stands between the quotes.
    std::string_view raw_key() const { return raw_key_; }
    // Compares with the unescaped key, without a copy if nothing is escaped.
    bool key_is(std::string_view name) const { return detail::unescaped_is(raw_key_, name); }
    const Value& value() const { return value_; }

  private:
    std::string_view raw_key_;
    Value value_;
};

namespace detail {

// Steps through the values of one container; stops at its end or at the first mistake.
class Walk {
  public:
    Walk() = default;
    explicit Walk(std::string_view container)
        : next_(container.data()), end_(container.data() + container.size()) {
        object_ = *next_ == '{';
        enter(skip_space(next_ + 1, end_));
    }

    bool done() const { return next_ == nullptr; }
    std::string_view key() const { return key_; }
    std::string_view value() const { return value_; }
    void step() {
        const char* const p = skip_space(next_, end_);
        if (p == end_ || *p != ',') return stop();
        enter(skip_space(p + 1, end_));
    }

  private:
    void enter(const char* p) {
        if (object_) {
            const char* const key_end = skip_string(p, end_);
            const char* const value = key_end == nullptr ? nullptr : skip_colon(key_end, end_);
            if (value == nullptr) return stop();
            key_ = std::string_view(p + 1, static_cast<std::size_t>(key_end - p) - 2);
            p = value;
        }
        next_ = skip_value(p, end_, k_nesting_max);
        if (next_ == nullptr) return stop();
        value_ = std::string_view(p, static_cast<std::size_t>(next_ - p));
    }
    void stop() { next_ = nullptr; }

    const char* next_ = nullptr;  // after the current value; nullptr: there is none
    const char* end_ = nullptr;
    bool object_ = false;
    std::string_view key_;
    std::string_view value_;
};

// The input iterator over a Walk that gives Items.
template <typename Item>
class Iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Item;
    using difference_type = std::ptrdiff_t;
    using pointer = const Item*;
    using reference = Item;

    Iterator() = default;
    explicit Iterator(Walk walk) : walk_(walk) {}
    Item operator*() const {
        if constexpr (std::is_same_v<Item, Member>) {
            return Member(walk_.key(), Value(walk_.value()));
        } else {
            return Value(walk_.value());
        }
    }
    Iterator& operator++() {
        walk_.step();
        return *this;
    }
    Iterator operator++(int) {
        Iterator before = *this;
        walk_.step();
        return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
        return a.walk_.done() && b.walk_.done();
    }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return !(a == b); }

  private:
    Walk walk_;
};

}  // namespace detail

// An array's elements, for range-for.
class Elements {
  public:
    using iterator = detail::Iterator<Value>;
    explicit Elements(std::string_view array) : array_(array) {}
    iterator begin() const { return array_.empty() ? iterator() : iterator(detail::Walk(array_)); }
    iterator end() const { return {}; }

  private:
    std::string_view array_;
};

// An object's members, for range-for.
class Members {
  public:
    using iterator = detail::Iterator<Member>;
    explicit Members(std::string_view object) : object_(object) {}
    iterator begin() const {
        return object_.empty() ? iterator() : iterator(detail::Walk(object_));
    }
    iterator end() const { return {}; }

  private:
    std::string_view object_;
};

inline Elements Value::elements() const {
    return Elements(kind() == Kind::array ? raw_ : std::string_view());
}

inline Members Value::members() const {
    return Members(kind() == Kind::object ? raw_ : std::string_view());
}

inline Value Value::operator[](std::string_view key) const {
    for (const Member& member : members()) {
        if (member.key_is(key)) return member.value();
    }
    return {};
}

// A member that is looked for, and where it goes.
struct Wanted {
    std::string_view key;  // unescaped
    Value* into;
};

// Reads several members of the object `text` in one walk; of several of one name the first. True
// if it is one object of valid JSON and nothing else; what stood before a mistake is read anyway.
template <std::size_t Size>
bool collect(std::string_view text, const Wanted (&wanted)[Size]) {
    const char* const end = text.data() + text.size();
    const auto member = [&](std::string_view raw_key, const char* value) {
        const char* const stop = skip_value(value, end, k_nesting_default - 1);
        if (stop == nullptr) return stop;
        for (const Wanted& each : wanted) {
            if (!detail::unescaped_is(raw_key, each.key)) continue;
            const auto size = static_cast<std::size_t>(stop - value);
            if (each.into->raw().empty()) *each.into = Value(std::string_view(value, size));
            break;
        }
        return stop;
    };
    const char* const p = scan_object(skip_space(text.data(), end), end, member);
    return p != nullptr && skip_space(p, end) == end;
}

inline Value Value::at(std::size_t index) const {
    for (const Value& element : elements()) {
        if (index-- == 0) return element;
    }
    return {};
}

}  // namespace bw::v1::json
