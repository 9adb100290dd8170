#include "http/unpack.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/ascii.hpp"
#include "http/characters.hpp"

namespace bellwether::http {
namespace {

// zlib's code for the window's size. 16 more means gzip's header and checksum instead of zlib's; a
// negative code means neither, which is what some servers send as "deflate".
constexpr int k_zlib_window = MAX_WBITS;
constexpr int k_gzip_window = MAX_WBITS + 16;
constexpr int k_bare_window = -MAX_WBITS;

constexpr int k_zlib_method = 8;

}  // namespace

// Accepts at most one real encoding, beside any number of "identity", which changes nothing.
std::optional<Packing> packing_of(std::string_view content_encoding) {
    Packing found = Packing::none;
    while (!content_encoding.empty()) {
        const auto comma = std::min(content_encoding.find(','), content_encoding.size());
        const auto name = trimmed(content_encoding.substr(0, comma));
        const auto one = name.empty() ? Packing::none : packing_named(name);
        content_encoding.remove_prefix(std::min(comma + 1, content_encoding.size()));
        if (!one) return std::nullopt;
        if (*one == Packing::none) continue;
        if (found != Packing::none) return std::nullopt;
        found = *one;
    }
    return found;
}

struct Unpack::Stream {
    z_stream z{};
    Packing packing = Packing::gzip;
    bool begun = false;
    bool ended = false;            // at the end of a gzip member, or of the deflate data
    bool closed = false;           // all that follows is ignored
    bool again = false;            // this is not the first gzip member
    std::size_t member_bytes = 0;  // unpacked from this member
};

Unpack::Unpack(Packing packing) : stream_(std::make_unique<Stream>()) {
    stream_->packing = packing;
    const int window = packing == Packing::gzip ? k_gzip_window : k_zlib_window;
    if (inflateInit2(&stream_->z, window) != Z_OK) throw std::bad_alloc();
}

Unpack::~Unpack() { inflateEnd(&stream_->z); }

bool Unpack::may_end() const { return !stream_->begun || stream_->ended || is_no_member(); }

// Whether the bytes after a member only begin like another member: none of them can be unpacked, so
// they are no part of the data.
bool Unpack::is_no_member() const { return stream_->again && stream_->member_bytes == 0; }

// "deflate" is zlib's format (RFC 9110, 8.4.1.2), but some servers leave out zlib's header. The
// first byte shows whether it is there.
void Unpack::choose_form(std::string_view bytes) {
    const auto first = static_cast<unsigned char>(bytes.front());
    if (stream_->packing == Packing::deflate && (first & 0x0f) != k_zlib_method) {
        inflateReset2(&stream_->z, k_bare_window);
    }
}

// Gzip data may have several members (RFC 1952, 2.2). Anything else after a member is no part of
// the data.
bool Unpack::begin_next(std::string_view bytes) {
    constexpr char k_first_byte = '\x1f';
    if (stream_->packing != Packing::gzip || bytes.front() != k_first_byte) return false;
    inflateReset(&stream_->z);
    stream_->ended = false;
    stream_->again = true;
    stream_->member_bytes = 0;
    return true;
}

Unpack::Step Unpack::feed(std::string_view bytes, std::string& out, std::size_t bytes_max) {
    z_stream& z = stream_->z;
    std::array<char, 16u << 10> piece;
    if (!bytes.empty() && !stream_->begun) {
        choose_form(bytes);
        stream_->begun = true;
    }
    while (!bytes.empty() && !stream_->closed) {
        if (stream_->ended && !begin_next(bytes)) {
            stream_->closed = true;
            break;
        }
        const std::size_t in = std::min<std::size_t>(bytes.size(), 1u << 30);
        // zlib does not write through next_in, although its older interface has no const there.
        z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        z.avail_in = static_cast<uInt>(in);
        do {
            z.next_out = reinterpret_cast<Bytef*>(piece.data());
            z.avail_out = static_cast<uInt>(piece.size());
            const int result = inflate(&z, Z_NO_FLUSH);
            stream_->ended = result == Z_STREAM_END;
            const std::size_t count = piece.size() - z.avail_out;
            if (count > bytes_max || out.size() > bytes_max - count) return Step::too_long;
            out.append(piece.data(), count);
            stream_->member_bytes += count;
            if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
                stream_->closed = is_no_member();
                return stream_->closed ? Step::good : Step::broken;
            }
        } while (z.avail_out == 0 && !stream_->ended);
        bytes.remove_prefix(in - z.avail_in);
    }
    return Step::good;
}

}  // namespace bellwether::http
