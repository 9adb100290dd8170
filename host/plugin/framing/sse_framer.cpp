#include "plugin/framing/sse_framer.hpp"

#include <fmt/format.h>

namespace bellwether::plugin {

// `parse` calls the parser with the sink that it is given.
template <typename Parse>
bool SseFramer::parse(FrameOutlet& outlet, Parse parse) {
    bool going = true;
    const bool parsed = parse([&](const bw::SseEvent& event) {
        going = event.data.empty() ||
                outlet.give({.kind = FrameKind::sse, .data = event.data, .event = event.event});
        return going;
    });
    if (!parsed && going) {
        return outlet.too_large(
            fmt::format("an event is larger than {} MiB", k_event_bytes_max >> 20));
    }
    return parsed && going;
}

// White space and byte order marks before the first other byte are dropped, in however many parts
// they come.
bool SseFramer::feed(std::string_view bytes, FrameOutlet& outlet) {
    if (!sniffed_) {
        const auto first = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
        if (first == std::string_view::npos) return true;
        sniffed_ = true;
        bytes.remove_prefix(first);
        if (bytes.front() == '{' || bytes.front() == '[') whole_.emplace();
    }
    if (whole_) return whole_->feed(bytes, outlet);
    return parse(outlet, [&](auto sink) { return events_.feed(bytes, sink); });
}

bool SseFramer::finish(FrameOutlet& outlet) {
    if (whole_) return whole_->finish(outlet);
    return parse(outlet, [&](auto sink) { return events_.finish(sink); });
}

}  // namespace bellwether::plugin
