// Cuts a body into lines, without their ends. Empty lines are skipped.
#pragma once

#include <string>
#include <string_view>

#include "plugin/framing/frame.hpp"

namespace bellwether::plugin {

class LineFramer {
  public:
    bool feed(std::string_view bytes, FrameOutlet& outlet);
    bool finish(FrameOutlet& outlet);

  private:
    std::string begun_;  // the line that has not ended yet
};

}  // namespace bellwether::plugin
