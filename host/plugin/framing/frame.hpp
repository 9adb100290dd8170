// What a framer makes of an upstream's body: frames, one after the other, with bounded memory. The
// classes beside this one each cut one kind; plugin/framer.hpp chooses among them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bellwether::plugin {

inline constexpr std::size_t k_error_body_bytes_max = 64u << 10;
inline constexpr std::size_t k_reply_bytes_max = 64u << 20;
inline constexpr std::size_t k_event_bytes_max = 16u << 20;

enum class FrameKind : std::uint8_t {
    whole,  // the complete body, at its end
    raw,    // bytes as they arrive
    sse,    // one server-sent event
    line,   // one line
    aws,    // one message of an AWS event stream
    item,   // one element of a JSON array
};

// Between the host's kinds and the numbers of the ABI: nowhere else are they compared.
std::optional<FrameKind> frame_kind_of(std::uint32_t abi_kind);
std::uint32_t abi_kind_of(FrameKind kind);

struct FrameHeader {
    std::string_view name;
    std::string_view value;
};

// Its views live until the sink returns.
struct Frame {
    FrameKind kind = FrameKind::whole;
    std::string_view data;
    std::string_view event;  // sse: the event's name; aws: its type, or that of its exception
    std::span<const FrameHeader> headers;  // aws: the message's
};

// Receives each frame; false stops the framing.
using FrameSink = std::function<bool(const Frame&)>;

// Where frames go, and what is wrong with a body that cannot be cut.
class FrameOutlet {
  public:
    explicit FrameOutlet(FrameSink sink) : sink_(std::move(sink)) {}

    bool give(const Frame& frame) const { return sink_(frame); }
    // Both return false, so that a framer ends with them.
    bool too_large(std::string problem) {
        too_large_ = true;
        return wrong(std::move(problem));
    }
    bool wrong(std::string problem) {
        problem_ = std::move(problem);
        return false;
    }

    const std::string& problem() const { return problem_; }
    bool is_too_large() const { return too_large_; }

  private:
    FrameSink sink_;
    std::string problem_;
    bool too_large_ = false;
};

}  // namespace bellwether::plugin
