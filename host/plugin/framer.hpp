// Cuts an upstream's body into the frames that a plugin asked for, with bounded memory.
#pragma once

#include <bellwether/provider.h>

#include <bellwether/sse.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace bw::plugin {

inline constexpr std::size_t k_error_body_bytes_max = 64u << 10;
inline constexpr std::size_t k_reply_bytes_max = 64u << 20;
inline constexpr std::size_t k_event_bytes_max = 16u << 20;

class Framer {
  public:
    // Receives each frame; false stops the framing (the attempt has failed). The views live until
    // the sink returns.
    using Sink =
        std::function<bool(std::uint32_t kind, std::string_view data, std::string_view event)>;

    explicit Framer(Sink sink) : sink_(std::move(sink)), sse_(k_event_bytes_max) {}

    // `kind` is a BW_FRAME_*. `error_reply`: the status is not 2xx, so the body becomes one frame,
    // cut off after k_error_body_bytes_max.
    void begin(std::uint32_t kind, bool error_reply);
    // False: the sink stopped, or a limit was passed; then `problem` says which limit.
    bool feed(std::string_view bytes);
    bool finish();
    const std::string& problem() const { return problem_; }
    // Whether every byte is payload; an event stream may also contain comments.
    bool counts_bytes() const { return kind_ != BW_FRAME_SSE; }
    bool is_whole() const { return kind_ == BW_FRAME_WHOLE; }
    bool is_error_reply() const { return error_reply_; }
    // An error's body, of which no more is kept.
    bool is_full() const { return error_reply_ && buffer_.size() == whole_bytes_max_; }
    // Whether what has come so far of a BW_FRAME_WHOLE body is a complete JSON text.
    bool holds_json() const;

  private:
    bool feed_whole(std::string_view bytes);
    bool feed_lines(std::string_view bytes);
    bool finish_line();
    bool feed_sse(std::string_view bytes);
    bool finish_sse();
    bool event_frame(const SseEvent& event);
    bool within_limit(bool parsed, bool wanted);

    Sink sink_;
    SseParser sse_;
    std::uint32_t kind_ = BW_FRAME_WHOLE;
    std::size_t whole_bytes_max_ = k_reply_bytes_max;
    bool error_reply_ = false;
    bool sniffed_ = false;
    std::string buffer_;
    std::string problem_;
};

}  // namespace bw::plugin
