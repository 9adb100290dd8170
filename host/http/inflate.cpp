#include "http/inflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <new>

namespace bellwether::http {
namespace {

// Up to this size a body may grow by any ratio: repetitive text packs well, and so few bytes do no
// harm.
constexpr std::size_t k_free_bytes = 64u << 10;

// zlib's code for the window's size; 16 more means gzip's header and checksum instead of zlib's.
constexpr int k_zlib_bits = MAX_WBITS;
constexpr int k_gzip_bits = MAX_WBITS + 16;

Refusal broken(std::string message) { return malformed(std::move(message)); }

}  // namespace

struct Inflate::Stream {
    z_stream z{};
    bool gzip = false;
    bool ended = false;  // at the end of a gzip member, or of the deflate data
    std::size_t in_bytes = 0;
};

Inflate::Inflate(Packing packing) : stream_(std::make_unique<Stream>()) {
    stream_->gzip = packing == Packing::gzip;
    if (inflateInit2(&stream_->z, stream_->gzip ? k_gzip_bits : k_zlib_bits) != Z_OK) {
        throw std::bad_alloc();
    }
}

Inflate::~Inflate() { inflateEnd(&stream_->z); }

std::optional<Refusal> Inflate::feed(std::string_view bytes, std::string& out,
                                     const MessageLimits& limits) {
    z_stream& z = stream_->z;
    std::array<char, 16u << 10> piece;
    while (!bytes.empty()) {
        if (stream_->ended) {
            if (!stream_->gzip) return broken("The deflate body goes on after its end.");
            inflateReset(&z);  // gzip data may have several members (RFC 1952, 2.2)
            stream_->ended = false;
        }
        const auto in = static_cast<uInt>(
            std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max()));
        // zlib does not write through next_in, although its older interface has no const there.
        z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        z.avail_in = in;
        do {
            z.next_out = reinterpret_cast<Bytef*>(piece.data());
            z.avail_out = static_cast<uInt>(piece.size());
            const int result = inflate(&z, Z_NO_FLUSH);
            if (result == Z_MEM_ERROR) throw std::bad_alloc();
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
                return broken("The request body is not valid gzip or deflate data.");
            }
            stream_->ended = result == Z_STREAM_END;
            const std::size_t count = piece.size() - z.avail_out;
            if (count > limits.body_bytes - out.size()) return too_large(limits);
            out.append(piece.data(), count);
            const std::size_t taken = stream_->in_bytes + (in - z.avail_in);
            if (out.size() > k_free_bytes && out.size() / limits.inflate_ratio > taken) {
                return Refusal{.status = 413,
                               .code = "request_too_large",
                               .message = "The packed request body unpacks to more than " +
                                          std::to_string(limits.inflate_ratio) +
                                          " times its size (server.max_inflate_ratio)."};
            }
        } while (z.avail_out == 0 && !stream_->ended);
        stream_->in_bytes += in - z.avail_in;
        bytes.remove_prefix(in - z.avail_in);
    }
    return std::nullopt;
}

std::optional<Refusal> Inflate::finish() const {
    if (stream_->ended) return std::nullopt;
    return broken("The packed request body ends too early.");
}

}  // namespace bellwether::http
