// Hands bytes on as they arrive.
#pragma once

#include <string_view>

#include "plugin/framing/frame.hpp"

namespace bellwether::plugin {

class RawFramer {
  public:
    bool feed(std::string_view bytes, FrameOutlet& outlet) {
        return outlet.give({.kind = FrameKind::raw, .data = bytes});
    }
    bool finish(FrameOutlet&) { return true; }
};

}  // namespace bellwether::plugin
