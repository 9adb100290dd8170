#include "plugin/framing/item_framer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "json/value.hpp"

namespace bellwether::plugin {
namespace {

constexpr std::string_view k_blanks = " \t\r\n";

}  // namespace

bool ItemFramer::feed(std::string_view bytes, FrameOutlet& outlet) {
    while (!bytes.empty()) {
        if (place_ != Place::element) {
            if (!between(bytes.front(), outlet)) return false;
            if (place_ != Place::element) bytes.remove_prefix(1);
            continue;
        }
        const std::size_t taken = take(bytes);
        const std::string_view piece = bytes.substr(0, taken);
        bytes.remove_prefix(taken);
        if (begun_.size() + taken > k_event_bytes_max) {
            return outlet.too_large(fmt::format("an element of the array is larger than {} MiB",
                                                k_event_bytes_max >> 20));
        }
        if (!whole_) {
            begun_.append(piece);
            continue;
        }
        if (!give(begun_.empty() ? piece : std::string_view(begun_.append(piece)), outlet)) {
            return false;
        }
        begun_.clear();
        place_ = Place::after;
    }
    return true;
}

// A byte outside of elements. It stays where it is if an element begins with it.
bool ItemFramer::between(char c, FrameOutlet& outlet) {
    if (k_blanks.find(c) != k_blanks.npos) return true;
    const bool opens = place_ == Place::before && c == '[';
    const bool closes = c == ']' && (place_ == Place::first || place_ == Place::after);
    if (opens || closes) {
        place_ = opens ? Place::first : Place::end;
        return true;
    }
    if (place_ == Place::after && c == ',') {
        place_ = Place::next;
        return true;
    }
    switch (place_) {
        case Place::before:
            if (std::string_view("\xEF\xBB\xBF").contains(c)) return true;  // a byte order mark
            return outlet.wrong("the body is not a JSON array");
        case Place::end: return outlet.wrong("the body goes on after the end of its JSON array");
        case Place::after:
            return outlet.wrong("neither a comma nor a bracket follows an element of the array");
        default: break;
    }
    if (c == ',' || c == ']') return outlet.wrong("an element of the array is missing");
    begin(c);
    return true;
}

void ItemFramer::begin(char c) {
    place_ = Place::element;
    form_ = c == '{' || c == '[' ? Form::nested : c == '"' ? Form::text : Form::word;
    depth_ = 0;
    in_text_ = false;
    escaped_ = false;
    whole_ = false;
}

// How many bytes belong to the element; sets whole_ at its end.
std::size_t ItemFramer::take(std::string_view bytes) {
    switch (form_) {
        case Form::nested: return take_nested(bytes);
        case Form::text: {
            const std::size_t taken = take_text(bytes);
            whole_ = !in_text_;
            return taken;
        }
        case Form::word: break;
    }
    const auto end = bytes.find_first_of(",] \t\r\n");
    whole_ = end != bytes.npos;
    return std::min(end, bytes.size());
}

// From the quote that begins a text, or from within it, to its end.
std::size_t ItemFramer::take_text(std::string_view bytes) {
    std::size_t at = 0;
    if (!in_text_) {
        in_text_ = true;
        at = 1;
    }
    while (at < bytes.size()) {
        if (escaped_) {
            escaped_ = false;
            ++at;
            continue;
        }
        at = bytes.find_first_of("\"\\", at);
        if (at == bytes.npos) break;
        escaped_ = bytes[at] == '\\';
        in_text_ = escaped_;
        ++at;
        if (!in_text_) return at;
    }
    return bytes.size();
}

std::size_t ItemFramer::take_nested(std::string_view bytes) {
    std::size_t at = in_text_ ? take_text(bytes) : 0;
    while (at < bytes.size()) {
        at = bytes.find_first_of("\"{}[]", at);
        if (at == bytes.npos) break;
        const char c = bytes[at];
        if (c == '"') {
            at += take_text(bytes.substr(at));
            continue;
        }
        ++at;
        if (c == '{' || c == '[') {
            ++depth_;
        } else if (--depth_ == 0) {
            whole_ = true;
            return at;
        }
    }
    return bytes.size();
}

bool ItemFramer::give(std::string_view element, FrameOutlet& outlet) {
    if (!json::valid(element)) {
        return outlet.wrong(
            fmt::format("an element of the array is no valid JSON, or nests deeper than {} levels",
                        json::k_nesting_default));
    }
    return outlet.give({.kind = FrameKind::item, .data = element});
}

bool ItemFramer::finish(FrameOutlet& outlet) {
    if (place_ == Place::end) return true;
    return outlet.wrong(place_ == Place::before ? "the body has no JSON array"
                                                : "the JSON array ends early");
}

}  // namespace bellwether::plugin
