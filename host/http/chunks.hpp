// `Chunks` decodes a chunked body (RFC 9112, 7.1). A size must consist of hexadecimal digits only.
// Extensions and trailers are checked against limits and thrown away. Pure.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "http/limits.hpp"
#include "http/refusal.hpp"

namespace bellwether::http {

class Chunks {
  public:
    // Takes bytes from the front of `bytes` and returns the next part of the body; empty: `bytes`
    // are used up or the body is done. Bytes after the end of the message stay in `bytes`.
    std::expected<std::string_view, Refusal> next(std::string_view& bytes,
                                                  const MessageLimits& limits);
    bool done() const { return stage_ == Stage::done; }
    void restart() { *this = {}; }

  private:
    enum class Stage { size, data, data_end, trailer, done };

    std::expected<bool, Refusal> take_line(std::string_view& bytes, std::size_t most);
    std::expected<void, Refusal> read_size(const MessageLimits& limits);
    std::expected<void, Refusal> read_trailer(const MessageLimits& limits);

    Stage stage_ = Stage::size;
    std::string line_;             // the line that is not data, as far as it has come
    std::size_t left_ = 0;         // bytes of the chunk that have not come yet
    std::size_t body_bytes_ = 0;   // in all chunks
    std::size_t other_bytes_ = 0;  // in all extensions; after the last chunk: in all trailers
    std::size_t trailer_count_ = 0;
};

}  // namespace bellwether::http
