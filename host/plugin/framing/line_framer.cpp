#include "plugin/framing/line_framer.hpp"

#include <fmt/format.h>

namespace bellwether::plugin {

bool LineFramer::feed(std::string_view bytes, FrameOutlet& outlet) {
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
        std::string_view line = bytes.substr(0, end);
        if (!begun_.empty()) line = begun_.append(line);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty() && !outlet.give({.kind = FrameKind::line, .data = line})) return false;
        begun_.clear();
        bytes.remove_prefix(end + 1);
    }
    if (begun_.size() + bytes.size() > k_event_bytes_max) {
        return outlet.too_large(
            fmt::format("a line is longer than {} MiB", k_event_bytes_max >> 20));
    }
    begun_.append(bytes);
    return true;
}

bool LineFramer::finish(FrameOutlet& outlet) {
    if (begun_.ends_with('\r')) begun_.pop_back();
    return begun_.empty() || outlet.give({.kind = FrameKind::line, .data = begun_});
}

}  // namespace bellwether::plugin
