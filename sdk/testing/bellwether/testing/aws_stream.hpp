// AWS event streams for tests: makes messages, and cuts a body into them with the host's checks of
// lengths and checksums. Part of <bellwether/testing/fake_host.hpp>.
//
// A message is two lengths (of all of it, of its headers) and their CRC-32, the headers with their
// types, a payload, and the CRC-32 of all that. Numbers are big-endian.
#pragma once

#include <bellwether/base64.hpp>
#include <bellwether/testing/call.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace bw::testing {

// What one message says; the values of its headers as the text that the host makes of them.
struct AwsMessage {
    Headers headers;
    std::string payload;

    // The first header of that name; empty if there is none.
    std::string_view header(std::string_view name) const {
        for (const auto& [key, value] : headers) {
            if (key == name) return value;
        }
        return {};
    }
    // Its :event-type, or what an exception or an error has in place of it.
    std::string_view event() const {
        const std::string_view kind = header(":message-type");
        if (kind == "exception") return header(":exception-type");
        return header(kind == "error" ? ":error-code" : ":event-type");
    }
};

namespace detail {

inline std::uint32_t crc32(std::string_view bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
    }
    return ~crc;
}

inline std::string big_endian_bytes(std::uint64_t number, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = size; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xFF);
    return bytes;
}

inline std::uint64_t read_number(std::string_view bytes) {
    std::uint64_t number = 0;
    for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
    return number;
}

// "2026-07-01T12:00:00.123Z"; the number itself of a time that no calendar has.
inline std::string time_text(std::int64_t unix_ms) {
    constexpr std::int64_t k_year_10000_ms = 253'402'300'800'000;
    if (unix_ms < 0 || unix_ms >= k_year_10000_ms) return std::to_string(unix_ms);
    // Days are counted from the 1st of March of the year 0, so that leap days end a year.
    const long long ms = unix_ms % 86'400'000;
    const long long day = unix_ms / 86'400'000 + 719'468;
    const long long of_era = day % 146'097;
    const long long year_of_era =
        (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
    const long long of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const long long month = (5 * of_year + 2) / 153;  // 0: March
    const long long year = day / 146'097 * 400 + year_of_era + (month >= 10 ? 1 : 0);
    char text[64];
    std::snprintf(text, sizeof text, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%03lldZ", year,
                  month < 10 ? month + 3 : month - 9, of_year - (153 * month + 2) / 5 + 1,
                  ms / 3'600'000, ms / 60'000 % 60, ms / 1'000 % 60, ms % 1'000);
    return text;
}

inline std::string uuid_text(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        if (text.size() == 8 || text.size() == 13 || text.size() == 18 || text.size() == 23) {
            text += '-';
        }
        text += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        text += "0123456789abcdef"[c & 15];
    }
    return text;
}

// A header's value as text, from its bytes without their length. Types: true, false, numbers of 1,
// 2, 4 and 8 bytes, bytes, text, a time, a UUID.
inline std::string aws_text(std::uint64_t type, std::string_view value) {
    const std::uint64_t number = read_number(value);
    switch (type) {
        case 0: return "true";
        case 1: return "false";
        case 2: return std::to_string(static_cast<std::int8_t>(number));
        case 3: return std::to_string(static_cast<std::int16_t>(number));
        case 4: return std::to_string(static_cast<std::int32_t>(number));
        case 5: return std::to_string(static_cast<std::int64_t>(number));
        case 6: return base64::encode(value);
        case 7: return std::string(value);
        case 8: return time_text(static_cast<std::int64_t>(number));
        default: return uuid_text(value);
    }
}

}  // namespace detail

// The bytes of a message whose headers are all texts.
inline std::string aws_message(const Headers& headers, std::string_view payload) {
    using detail::big_endian_bytes;
    std::string packed;
    for (const auto& [name, value] : headers) {
        packed += big_endian_bytes(name.size(), 1) + name + '\x07';
        packed += big_endian_bytes(value.size(), 2) + value;
    }
    std::string whole = big_endian_bytes(16 + packed.size() + payload.size(), 4) +
                        big_endian_bytes(packed.size(), 4);
    whole += big_endian_bytes(detail::crc32(whole), 4) + packed;
    whole.append(payload);
    return whole + big_endian_bytes(detail::crc32(whole), 4);
}
// The bytes of one event, and of an exception in the midst of a stream, as services send them.
inline std::string aws_event(std::string_view type, std::string_view json) {
    return aws_message({{":event-type", std::string(type)},
                        {":content-type", "application/json"},
                        {":message-type", "event"}},
                       json);
}
inline std::string aws_exception(std::string_view type, std::string_view json) {
    return aws_message({{":exception-type", std::string(type)},
                        {":content-type", "application/json"},
                        {":message-type", "exception"}},
                       json);
}

// Cuts a body, however it arrives, and hands each message to `deliver`, which returns false to
// stop.
class AwsCutter {
  public:
    template <typename Deliver>
    bool feed(std::string_view bytes, const Deliver& deliver) {
        held_.append(bytes);
        while (held_.size() >= k_prelude) {
            const std::string_view prelude = std::string_view(held_).substr(0, k_prelude);
            const auto whole = static_cast<std::size_t>(number(0));
            if (!check_prelude(prelude, whole)) return false;
            if (held_.size() < whole) return true;
            const auto message = read(std::string_view(held_).substr(0, whole));
            if (!message) return false;
            held_.erase(0, whole);
            if (!deliver(*message)) return false;
        }
        return true;
    }
    bool finish() { return held_.empty() || fail("the event stream ends within a message"); }
    // Why the body is no event stream; empty if it is one.
    const std::string& problem() const { return problem_; }

  private:
    static constexpr std::size_t k_prelude = 12;
    static constexpr std::size_t k_empty = 16;  // a message without headers and payload

    std::uint64_t number(std::size_t at) const {
        return detail::read_number(std::string_view(held_).substr(at, 4));
    }
    bool fail(std::string problem) {
        problem_ = std::move(problem);
        return false;
    }
    static bool checks(std::string_view bytes) {
        const std::string_view said = bytes.substr(bytes.size() - 4);
        return detail::crc32(bytes.substr(0, bytes.size() - 4)) == detail::read_number(said);
    }
    bool check_prelude(std::string_view prelude, std::size_t whole) {
        constexpr std::size_t k_message_max = 16u << 20;
        constexpr std::size_t k_headers_max = 128u << 10;
        const std::uint64_t headers = number(4);
        if (!checks(prelude)) return fail("a message has a wrong checksum of its lengths");
        if (whole > k_message_max) return fail("a message is larger than 16 MiB");
        if (whole < k_empty) return fail("a message is shorter than an empty one");
        if (headers > whole - k_empty) return fail("a message has headers longer than itself");
        return headers <= k_headers_max || fail("a message has headers larger than 128 KiB");
    }

    std::optional<AwsMessage> read(std::string_view bytes) {
        if (!checks(bytes)) return fail("a message has a wrong checksum"), std::nullopt;
        const auto header_bytes = static_cast<std::size_t>(number(4));
        AwsMessage message;
        std::string_view headers = bytes.substr(k_prelude, header_bytes);
        while (!headers.empty()) {
            if (!read_header(headers, message)) return std::nullopt;
        }
        bytes.remove_suffix(4);
        message.payload = bytes.substr(k_prelude + header_bytes);
        return message;
    }
    // Takes one header off the front of `rest`.
    bool read_header(std::string_view& rest, AwsMessage& message) {
        const auto name = counted(rest, 1);
        if (!name || rest.empty()) return fail("a message has headers that end early");
        if (name->empty()) return fail("a message has a header without a name");
        const auto type = static_cast<unsigned char>(rest.front());
        rest.remove_prefix(1);
        if (type > 9) return fail("a message has a header of an unknown type");
        constexpr std::size_t k_sizes[] = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};
        const bool has_length = type == 6 || type == 7;
        const auto value = has_length ? counted(rest, 2) : taken(rest, k_sizes[type]);
        if (!value) return fail("a message has headers that end early");
        message.headers.emplace_back(*name, detail::aws_text(type, *value));
        return true;
    }
    static std::optional<std::string_view> taken(std::string_view& rest, std::size_t size) {
        if (rest.size() < size) return std::nullopt;
        const std::string_view bytes = rest.substr(0, size);
        rest.remove_prefix(size);
        return bytes;
    }
    // A length of so many bytes, and what it counts.
    static std::optional<std::string_view> counted(std::string_view& rest, std::size_t size) {
        const auto length = taken(rest, size);
        if (!length) return std::nullopt;
        return taken(rest, static_cast<std::size_t>(detail::read_number(*length)));
    }

    std::string held_;
    std::string problem_;
};

}  // namespace bw::testing
