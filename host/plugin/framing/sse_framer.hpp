// Cuts a body into server-sent events. Some upstreams answer a streamed request with plain JSON: it
// begins with a brace or a bracket, as no event stream does, and comes whole.
#pragma once

#include <bellwether/sse.hpp>
#include <optional>
#include <string_view>

#include "plugin/framing/whole_framer.hpp"

namespace bellwether::plugin {

class SseFramer {
  public:
    bool feed(std::string_view bytes, FrameOutlet& outlet);
    bool finish(FrameOutlet& outlet);
    // The body, if it turned out to be none of events.
    const std::optional<WholeFramer>& whole() const { return whole_; }

  private:
    template <typename Parse>
    bool parse(FrameOutlet& outlet, Parse parse);

    bw::SseParser events_{k_event_bytes_max};
    std::optional<WholeFramer> whole_;
    bool sniffed_ = false;
};

}  // namespace bellwether::plugin
