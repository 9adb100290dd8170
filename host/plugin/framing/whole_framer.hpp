// Keeps the complete body until its end.
#pragma once

#include <string>
#include <string_view>

#include "plugin/framing/frame.hpp"

namespace bellwether::plugin {

class WholeFramer {
  public:
    // `error_reply`: the body is cut off after k_error_body_bytes_max; else a longer one than
    // k_reply_bytes_max is refused.
    explicit WholeFramer(bool error_reply = false) : error_reply_(error_reply) {}

    bool feed(std::string_view bytes, FrameOutlet& outlet);
    bool finish(FrameOutlet& outlet);
    // Whether what has come so far is a complete JSON text.
    bool holds_json() const;
    // An error's body, of which more has come than is kept.
    bool is_full() const { return is_cut_; }

  private:
    bool error_reply_;
    bool is_cut_ = false;
    std::string body_;
};

}  // namespace bellwether::plugin
