#include "http/chunks.hpp"

#include <algorithm>

#include "http/characters.hpp"
#include "http/field_line.hpp"
#include "http/framing.hpp"

namespace bellwether::http {
namespace {

constexpr std::size_t k_size_digits_max = 15;        // 60 bits: never overflows
constexpr std::size_t k_size_line_max = 4096;        // with extensions
constexpr std::size_t k_extensions_max = 16u << 10;  // of all chunks of a body

std::unexpected<Refusal> wrong(const char* message) { return std::unexpected(malformed(message)); }

}  // namespace

std::expected<std::string_view, Refusal> Chunks::next(std::string_view& bytes,
                                                      const MessageLimits& limits) {
    while (stage_ != Stage::done && !bytes.empty()) {
        if (stage_ == Stage::data) {
            const std::string_view data = bytes.substr(0, left_);
            bytes.remove_prefix(data.size());
            left_ -= data.size();
            if (left_ == 0) stage_ = Stage::data_end;
            return data;
        }
        const std::size_t most = stage_ == Stage::size       ? k_size_line_max
                                 : stage_ == Stage::data_end ? 2
                                                             : limits.header_bytes;
        const auto complete = take_line(bytes, most);
        if (!complete) return std::unexpected(complete.error());
        if (!*complete) break;
        std::expected<void, Refusal> read;
        if (stage_ == Stage::size) {
            read = read_size(limits);
        } else if (stage_ == Stage::trailer) {
            read = read_trailer(limits);
        } else {
            stage_ = Stage::size;  // the line had at most 2 bytes and ended in CRLF, so it is CRLF
        }
        if (!read) return std::unexpected(read.error());
        line_.clear();
    }
    return std::string_view();
}

// True if `line_` is complete; its CRLF has been removed then.
std::expected<bool, Refusal> Chunks::take_line(std::string_view& bytes, std::size_t most) {
    const std::size_t end = bytes.find('\n');
    const std::size_t count = end == bytes.npos ? bytes.size() : end + 1;
    if (count > most - line_.size()) {
        if (stage_ == Stage::data_end) return wrong("A chunk's data is longer than its size.");
        if (stage_ == Stage::size) return wrong("The line of a chunk's size is too long.");
        return std::unexpected(headers_too_large());
    }
    line_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
    if (end == bytes.npos) return false;
    if (!line_.ends_with("\r\n")) return wrong("A line of a chunked body does not end in CRLF.");
    line_.resize(line_.size() - 2);
    return true;
}

std::expected<void, Refusal> Chunks::read_size(const MessageLimits& limits) {
    const std::string_view line = line_;
    std::size_t size = 0;
    std::size_t digits = 0;
    for (; digits < line.size() && hex_value(line[digits]) >= 0; ++digits) {
        if (digits == k_size_digits_max) return wrong("A chunk's size has too many digits.");
        size = size * 16 + static_cast<std::size_t>(hex_value(line[digits]));
    }
    const std::string_view extension = line.substr(digits);
    if (digits == 0 || (!extension.empty() && extension.front() != ';')) {
        return wrong("A chunk's size is not a hexadecimal number.");
    }
    if (!is_value(extension)) return wrong("A chunk's extension has control characters.");
    other_bytes_ += extension.size();
    if (other_bytes_ > k_extensions_max) return wrong("The chunks have too many extensions.");
    if (size > limits.body_bytes - body_bytes_) return std::unexpected(too_large(limits));
    body_bytes_ += size;
    left_ = size;
    if (size == 0) other_bytes_ = 0;
    stage_ = size == 0 ? Stage::trailer : Stage::data;
    return {};
}

std::expected<void, Refusal> Chunks::read_trailer(const MessageLimits& limits) {
    if (line_.empty()) {
        stage_ = Stage::done;
        return {};
    }
    other_bytes_ += line_.size() + 2;
    if (other_bytes_ > limits.header_bytes || ++trailer_count_ > limits.header_count) {
        return std::unexpected(headers_too_large());
    }
    const auto place = read_field_line(line_);
    if (!place) return std::unexpected(place.error());
    return {};
}

}  // namespace bellwether::http
