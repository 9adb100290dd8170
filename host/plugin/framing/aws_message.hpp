// One message of an AWS event stream (application/vnd.amazon.eventstream): a prelude of two lengths
// and their CRC-32, headers with types, a payload, and the CRC-32 of all of it. Numbers are
// big-endian. Pure; views live as long as the message's bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace bellwether::plugin {

inline constexpr std::size_t k_aws_prelude_bytes = 12;
inline constexpr std::size_t k_aws_headers_bytes_max = 128u << 10;  // by AWS's own definition

struct AwsBytes {
    std::string_view bytes;
    bool operator==(const AwsBytes&) const = default;
};
struct AwsTimestamp {
    std::int64_t unix_ms = 0;
    bool operator==(const AwsTimestamp&) const = default;
};
using AwsUuid = std::array<std::uint8_t, 16>;

// A header's value, by its type on the wire: true and false, 1 byte, 2, 4, 8, bytes, text, a time,
// a UUID.
using AwsValue = std::variant<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, AwsBytes,
                              std::string_view, AwsTimestamp, AwsUuid>;

struct AwsHeader {
    std::string_view name;
    AwsValue value;
};

// Why a message cannot be read: continues "an event-stream message ...".
struct AwsFault {
    std::string what;
    bool too_large = false;
};

struct AwsPrelude {
    std::size_t message_bytes = 0;  // all of it, this included
    std::size_t header_bytes = 0;
};

// The first k_aws_prelude_bytes of a message, checked.
std::expected<AwsPrelude, AwsFault> read_aws_prelude(std::string_view bytes);

struct AwsMessage {
    std::vector<AwsHeader> headers;
    std::string_view payload;

    // The text of a header; empty: it is not there, or no text.
    std::string_view text(std::string_view name) const;
    // What kind of message it is, in the words of ":event-type", or of ":exception-type" or
    // ":error-code" where ":message-type" says so.
    std::string_view type() const;
};

// `bytes` is one message as its prelude, which was checked, says.
std::expected<AwsMessage, AwsFault> read_aws_message(std::string_view bytes);

// The value as text: numbers in decimal, bytes in base64, times as "2026-07-01T12:00:00.123Z",
// UUIDs with dashes.
std::string text_of(const AwsValue& value);

}  // namespace bellwether::plugin
