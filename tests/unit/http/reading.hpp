// What the tests of the HTTP parser have in common: bytes in, what became of them out.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "http/request_parser.hpp"

namespace bellwether::http {

// What was read out of some bytes, as text: "POST /x 1.1 [body]" for each request, then "400" or
// another status if the bytes were refused, or "..." if they end within a request.
inline std::string read_all(std::string_view bytes, const MessageLimits& limits = {},
                            std::size_t piece_bytes = std::string_view::npos) {
    RequestParser parser(limits);
    std::string text;
    while (!bytes.empty()) {
        std::string piece(bytes.substr(0, piece_bytes));  // a copy: overruns are seen by sanitizers
        bytes.remove_prefix(piece.size());
        std::string_view rest = piece;
        ParseStep step = ParseStep::more;
        do {
            step = parser.feed(rest);
            if (step == ParseStep::refused) return text + std::to_string(parser.refusal().status);
            if (step == ParseStep::request) {
                const IncomingRequest& request = parser.request();
                text += std::string(request.method) + " " + std::string(request.target) +
                        (request.version == Version::http_1_1 ? " 1.1 [" : " 1.0 [") +
                        request.body + "] ";
                parser.restart();
            }
        } while (step == ParseStep::head || !rest.empty());
    }
    return parser.begun() ? text + "..." : text;
}

// The same however the bytes are cut: whole, byte by byte, and in two at every place.
inline std::string read_cut(std::string_view bytes, const MessageLimits& limits = {}) {
    const std::string whole = read_all(bytes, limits);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        EXPECT_EQ(read_all(bytes, limits, size), whole) << "in pieces of " << size << ": " << bytes;
    }
    return whole;
}

inline std::string get(std::string_view fields) {
    return "GET / HTTP/1.1\r\nhost: x\r\n" + std::string(fields) + "\r\n";
}

inline std::string post(std::string_view fields, std::string_view body) {
    return "POST / HTTP/1.1\r\nhost: x\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

inline std::string chunked(std::string_view body) {
    return post("transfer-encoding: chunked\r\n", body);
}

}  // namespace bellwether::http
