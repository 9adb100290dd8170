#include "plugin/framing/whole_framer.hpp"

#include <fmt/format.h>

#include "json/value.hpp"

namespace bellwether::plugin {

bool WholeFramer::feed(std::string_view bytes, FrameOutlet& outlet) {
    const std::size_t room =
        (error_reply_ ? k_error_body_bytes_max : k_reply_bytes_max) - body_.size();
    if (bytes.size() > room && !error_reply_) {
        return outlet.too_large(
            fmt::format("the reply is larger than {} MiB", k_reply_bytes_max >> 20));
    }
    is_cut_ = is_cut_ || bytes.size() > room;
    body_.append(bytes.substr(0, room));
    return true;
}

bool WholeFramer::finish(FrameOutlet& outlet) {
    return outlet.give({.kind = FrameKind::whole, .data = body_});
}

bool WholeFramer::holds_json() const { return json::valid(body_); }

}  // namespace bellwether::plugin
