#include "net/head.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/ascii.hpp"

namespace bellwether::net {

namespace {

constexpr std::string_view k_space = " \t\r\n";

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(k_space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(k_space) - first + 1);
}

bool is_name(std::string_view text) {
    const auto is_visible = [](char c) { return c > ' ' && c < 0x7f; };
    return !text.empty() && std::ranges::all_of(text, is_visible);
}

// Nothing: the text is not a number.
std::optional<std::size_t> parse_length(std::string_view text) {
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole ? std::optional(length) : std::nullopt;
}

// Calls `take` with each part of a list, without the white space around the part.
template <typename Take>
void for_each_part(std::string_view list, Take take) {
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        take(trim(list.substr(0, comma)));
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
}

bool is_identity(std::string_view coding) {
    return std::ranges::equal(coding, std::string_view("identity"), {},
                              [](char c) { return lower(c); });
}

// "HTTP/1.1 200 OK" → 200; 0: not a status.
int parse_status(std::string_view line) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return 0;
    const std::string_view rest = line.substr(space + 1);
    int status = 0;
    std::from_chars(rest.data(), rest.data() + std::min<std::size_t>(rest.size(), 3), status);
    return status;
}

}  // namespace

Head::State Head::add(std::string_view line) {
    if (complete_) return State::complete;
    bytes_ += line.size();
    if (bytes_ > k_head_bytes_max) return State::too_large;
    const bool blank = line.find_first_not_of("\r\n") == std::string_view::npos;
    if (blank) {
        // 101 would hand the connection over to another protocol, which nobody has asked for.
        if (status_ == 101 || status_ < 100 || status_ > 599) return State::bad_status;
        complete_ = status_ >= 200;
    } else if (line.starts_with("HTTP/")) {
        begin(line);
    } else if (line.front() == ' ' || line.front() == '\t') {
        fold(trim(line));
    } else {
        add_field(line);
    }
    return complete_ ? State::complete : State::incomplete;
}

void Head::begin(std::string_view status_line) {
    text_.clear();
    fields_.clear();
    status_ = parse_status(status_line);
    multiplexed_ = status_line.starts_with("HTTP/2");
}

// A line that is not a valid field is ignored, so that nothing can be hidden in it.
void Head::add_field(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_name(line.substr(0, colon))) return;
    const std::string_view value = trim(line.substr(colon + 1));
    const std::size_t start = text_.size();
    std::ranges::transform(line.substr(0, colon), std::back_inserter(text_),
                           [](char c) { return lower(c); });
    text_.append(value);
    fields_.push_back({start, colon, start + colon, value.size()});
}

// A continuation line (obsolete, but some servers still send them) goes on with the last field's
// value, which stands at the end of the buffer.
void Head::fold(std::string_view more) {
    if (fields_.empty() || more.empty()) return;
    text_.append(" ").append(more);
    fields_.back().value_size += 1 + more.size();
}

std::span<const Header> Head::headers() {
    headers_.clear();
    const std::string_view text = text_;
    for (const HeadField& field : fields_) {
        headers_.push_back(
            {text.substr(field.name, field.name_size), text.substr(field.value, field.value_size)});
    }
    return headers_;
}

std::string_view Head::find(std::string_view name) const {
    const std::string_view text = text_;
    for (const HeadField& field : fields_) {
        if (text.substr(field.name, field.name_size) == name) {
            return text.substr(field.value, field.value_size);
        }
    }
    return {};
}

std::string Head::find_all(std::string_view name) const {
    std::string list;
    const std::string_view text = text_;
    for (const HeadField& field : fields_) {
        if (text.substr(field.name, field.name_size) != name) continue;
        if (!list.empty()) list += ',';
        list += text.substr(field.value, field.value_size);
    }
    return list;
}

// Equal lengths count as one (RFC 9112, 6.3). The length is doubtful if lengths differ or cannot be
// read, or if there is a transfer-encoding other than identity as well.
BodyLength Head::body_length() const {
    BodyLength length;
    const auto has = [this](std::string_view name) {
        return std::ranges::any_of(fields_, [&](const HeadField& field) {
            return std::string_view(text_).substr(field.name, field.name_size) == name;
        });
    };
    if (!has("content-length")) return length;
    const std::string lengths = find_all("content-length");
    length.unreadable = lengths.empty();
    for_each_part(lengths, [&length](std::string_view part) {
        const auto bytes = parse_length(part);
        if (!bytes) length.unreadable = true;
        if (bytes && length.bytes && *length.bytes != *bytes) length.doubtful = true;
        length.bytes = bytes;
    });
    for_each_part(find_all("transfer-encoding"), [&length](std::string_view coding) {
        if (!coding.empty() && !is_identity(coding)) length.doubtful = true;
    });
    length.doubtful |= length.unreadable;
    return length;
}

}  // namespace bellwether::net
