// Writes messages of AWS event streams for tests.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace bellwether::plugin {

inline std::string big_endian_bytes(std::uint64_t number, int size) {
    std::string bytes;
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
        bytes += static_cast<char>(number >> shift & 0xFF);
    }
    return bytes;
}

inline std::string crc_bytes(std::string_view bytes) {
    const auto* const data = reinterpret_cast<const Bytef*>(bytes.data());
    return big_endian_bytes(::crc32(0, data, static_cast<uInt>(bytes.size())), 4);
}

inline std::string aws_header(std::string_view name, int type, std::string_view value) {
    return static_cast<char>(name.size()) + std::string(name) + static_cast<char>(type) +
           std::string(value);
}

inline std::string aws_text(std::string_view name, std::string_view text) {
    return aws_header(name, 7, big_endian_bytes(text.size(), 2) + std::string(text));
}

// The prelude says these lengths, whether they are right or not.
inline std::string aws_prelude(std::uint64_t message_bytes, std::uint64_t header_bytes) {
    const std::string lengths =
        big_endian_bytes(message_bytes, 4) + big_endian_bytes(header_bytes, 4);
    return lengths + crc_bytes(lengths);
}

inline std::string aws_message(std::string_view headers, std::string_view payload) {
    std::string message = aws_prelude(16 + headers.size() + payload.size(), headers.size());
    message.append(headers).append(payload);
    return message + crc_bytes(message);
}

inline std::string aws_event(std::string_view type, std::string_view payload) {
    return aws_message(aws_text(":message-type", "event") + aws_text(":event-type", type) +
                           aws_text(":content-type", "application/json"),
                       payload);
}

}  // namespace bellwether::plugin
