// bellwether/json/writer.hpp - writes compact JSON at the end of a std::string:
//
//   bw::json::Writer json(out);
//   json.object().member("model", model).maybe("temperature", chat.temperature());
//   json.array("messages");
//   for (const Line& line : lines) json.object().member("text", line.text).end();
//   json.end().end();
//
// What it has written is valid JSON once its last container has ended, whatever the order of the
// calls was. A call that has no meaning where it stands is mended: a value in an object without a
// key gets the key "", a key in an array is left out, a key without a value gets null, and whatever
// follows a complete value is left out. Only `raw` takes the caller's word.
//
// It allocates nothing but what the string grows by, and copies no text twice. A Writer belongs to
// one thread; the string must live as long and be touched by nobody else meanwhile.
#pragma once

#include <bellwether/json/text.hpp>
#include <bellwether/json/value.hpp>
#include <bellwether/version.hpp>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace bw::v1::json {

namespace detail {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

// Appends a number as short as it can be read back exactly; null for what JSON cannot say.
template <typename T>
void append_number(std::string& out, T number) {
    if constexpr (std::is_floating_point_v<T>) {
        if (!std::isfinite(number)) {
            out += "null";
            return;
        }
    }
    char digits[32];  // a double takes 24 at most, an integer of 64 bits 20
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
    static_cast<void>(error);  // the room is always enough
    out.append(digits, end);
}

}  // namespace detail

class Writer {
  public:
    // Appends to `out`, after what is there already.
    explicit Writer(std::string& out) : out_(&out) {}
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    // Ends what is still open. A function that returns the string calls `finish` itself: it may be
    // gone before the Writer is.
    ~Writer() { finish(); }

    // ---- containers ----

    // Begins an object or an array, here or as the member `key`; `end` ends the innermost one. What
    // nests deeper than 64 becomes null, as readers refuse it.
    Writer& object() { return begin(true); }
    Writer& object(std::string_view name) { return key(name).object(); }
    Writer& array() { return begin(false); }
    Writer& array(std::string_view name) { return key(name).array(); }
    Writer& end() {
        if (passed_over_ > 0) {
            --passed_over_;
        } else if (depth_ > 0) {
            if (keyed_) null();
            *out_ += in_object() ? '}' : ']';
            --depth_;
            leave_value();
        }
        return *this;
    }
    // Ends all that is open.
    void finish() {
        passed_over_ = 0;
        while (depth_ > 0) end();
    }

    // ---- members of objects ----

    // The name of the next value.
    Writer& key(std::string_view name) {
        if (passed_over_ > 0 || depth_ == 0 || !in_object()) return *this;
        if (keyed_) null();
        separate();
        quoted(name);
        *out_ += ':';
        keyed_ = true;
        return *this;
    }
    // A name and its value, of any type that `value` takes.
    template <typename T>
    Writer& member(std::string_view name, const T& what) {
        return key(name).value(what);
    }
    // The same, unless there is nothing: an empty optional, a Value that is missing or null, or an
    // empty text.
    template <typename T>
    Writer& maybe(std::string_view name, const T& what) {
        if constexpr (std::is_convertible_v<const T&, std::string_view>) {
            return std::string_view(what).empty() ? *this : member(name, what);
        } else {
            static_assert(!std::is_arithmetic_v<T>, "a number is always there: use member");
            return static_cast<bool>(what) ? member(name, what) : *this;
        }
    }

    // ---- values ----

    // A text, in which a byte that is not UTF-8 becomes U+FFFD; an integer; a floating point
    // number, as short as it can be read back exactly, null if it is infinite or not a number; a
    // bool; nullptr; a json::Value, copied as it is, null if it is missing; an optional of any of
    // these, null if it is empty.
    template <typename T>
    Writer& value(const T& what) {
        if constexpr (std::is_same_v<T, Value>) {
            return raw(what.raw());
        } else if constexpr (detail::IsOptional<T>::value) {
            return what ? value(*what) : null();
        } else if constexpr (std::is_null_pointer_v<T>) {
            return null();
        } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
            return string(what);
        } else {
            static_assert(std::is_arithmetic_v<T>, "JSON has no such value");
            static_assert(!std::is_same_v<T, char>, "a character: a text of one, or a number?");
            if constexpr (std::is_same_v<T, bool>) {
                return raw(what ? "true" : "false");
            } else if (enter_value()) {
                detail::append_number(*out_, what);
                leave_value();
            }
            return *this;
        }
    }
    Writer& string(std::string_view text) {
        if (!enter_value()) return *this;
        quoted(text);
        leave_value();
        return *this;
    }
    Writer& null() { return raw("null"); }
    // Text that is one JSON value already, not checked: neither its form nor how deep it nests.
    // Null if it is empty.
    Writer& raw(std::string_view json) {
        if (!enter_value()) return *this;
        out_->append(json.empty() ? std::string_view("null") : json);
        leave_value();
        return *this;
    }

    // How many containers are open.
    int depth() const { return depth_; }

  private:
    bool in_object() const { return (objects_ >> (depth_ - 1) & 1) != 0; }

    void separate() {
        if (!first_) *out_ += ',';
        first_ = false;
    }
    void quoted(std::string_view text) {
        *out_ += '"';
        append_escaped(*out_, text);
        *out_ += '"';
    }

    // False if no value can stand here.
    bool enter_value() {
        if (passed_over_ > 0 || done_) return false;
        if (depth_ == 0) return true;
        if (in_object()) {
            if (!keyed_) key("");
            keyed_ = false;
        } else {
            separate();
        }
        return true;
    }
    void leave_value() {
        first_ = false;
        done_ = depth_ == 0;
    }

    Writer& begin(bool object) {
        if (passed_over_ > 0 || done_ || depth_ == k_nesting_default) {
            if (passed_over_ == 0) null();
            ++passed_over_;
            return *this;
        }
        enter_value();
        const auto bit = std::uint64_t{1} << depth_;
        objects_ = object ? objects_ | bit : objects_ & ~bit;
        ++depth_;
        first_ = true;
        *out_ += object ? '{' : '[';
        return *this;
    }

    static_assert(k_nesting_default <= 64, "one bit for each container");

    std::string* out_;
    std::uint64_t objects_ = 0;    // which of the open containers are objects; the outermost first
    int depth_ = 0;                // open containers
    std::size_t passed_over_ = 0;  // open containers that are not written
    bool first_ = true;            // nothing stands in the innermost container yet
    bool keyed_ = false;           // a key stands there that waits for its value
    bool done_ = false;            // the outermost value is complete
};

}  // namespace bw::v1::json
