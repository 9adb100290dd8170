// Cuts a body into the messages of an AWS event stream, and checks their lengths and checksums.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "plugin/framing/frame.hpp"

namespace bellwether::plugin {

class AwsFramer {
  public:
    bool feed(std::string_view bytes, FrameOutlet& outlet);
    bool finish(FrameOutlet& outlet);

  private:
    bool take_prelude(FrameOutlet& outlet);
    bool give_message(FrameOutlet& outlet);

    std::string message_;            // what has come of it
    std::size_t message_bytes_ = 0;  // 0: its prelude has not come yet
};

}  // namespace bellwether::plugin
