// Takes the chunks off a body (RFC 9112, 7.1). Sizes are hexadecimal digits and nothing else;
// extensions and trailers are read, checked, bounded and discarded.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "http/limits.hpp"
#include "http/refusal.hpp"

namespace bw::http {

class Chunks {
  public:
    // Takes from the front of `bytes` and gives the next stretch of the body, empty if `bytes` are
    // used up or the body is done. `bytes` are not moved past the end of the message.
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
    std::string line_;             // one of sizes, ends and trailers, as far as it has come
    std::size_t left_ = 0;         // of the chunk
    std::size_t body_bytes_ = 0;   // of all chunks
    std::size_t other_bytes_ = 0;  // of extensions and trailers
    std::size_t trailer_count_ = 0;
};

}  // namespace bw::http
