// Cuts an upstream's body into the frames that a plugin asked for, with bounded memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

#include "plugin/framing/aws_framer.hpp"
#include "plugin/framing/frame.hpp"
#include "plugin/framing/item_framer.hpp"
#include "plugin/framing/line_framer.hpp"
#include "plugin/framing/raw_framer.hpp"
#include "plugin/framing/sse_framer.hpp"
#include "plugin/framing/whole_framer.hpp"

namespace bellwether::plugin {

class Framer {
  public:
    // Receives each frame; false stops the framing (the attempt has failed). The views live until
    // the sink returns.
    using Sink =
        std::function<bool(std::uint32_t kind, std::string_view data, std::string_view event)>;

    explicit Framer(FrameSink sink) : outlet_(std::move(sink)) {}
    // With the ABI's numbers of kinds, and without headers.
    explicit Framer(Sink sink);

    // `error_reply`: the status is not 2xx, so the body becomes one frame, cut off after
    // k_error_body_bytes_max.
    void begin(FrameKind kind, bool error_reply);
    void begin(std::uint32_t abi_kind, bool error_reply);
    // False: the sink stopped, or the body cannot be cut; then `problem` says why.
    bool feed(std::string_view bytes);
    bool finish();
    const std::string& problem() const { return outlet_.problem(); }
    // Whether the problem is a limit that was passed.
    bool too_large() const { return outlet_.is_too_large(); }
    // Whether every byte is payload; an event stream may also contain comments.
    bool counts_bytes() const { return is_whole() || !std::holds_alternative<SseFramer>(cutter_); }
    bool is_whole() const { return whole() != nullptr; }
    bool is_error_reply() const { return error_reply_; }
    // An error's body, of which no more is kept.
    bool is_full() const { return error_reply_ && is_whole() && whole()->is_full(); }
    // Whether what has come so far of a whole body is a complete JSON text.
    bool holds_json() const { return is_whole() && whole()->holds_json(); }

  private:
    const WholeFramer* whole() const;

    FrameOutlet outlet_;
    std::variant<WholeFramer, RawFramer, SseFramer, LineFramer, AwsFramer, ItemFramer> cutter_;
    bool error_reply_ = false;
};

}  // namespace bellwether::plugin
