#include "plugin/framer.hpp"

#include <fmt/format.h>

#include <bellwether/json.hpp>

namespace bw::plugin {

void Framer::begin(std::uint32_t kind, bool error_reply) {
    kind_ = error_reply ? static_cast<std::uint32_t>(BW_FRAME_WHOLE) : kind;
    error_reply_ = error_reply;
    whole_bytes_max_ = error_reply ? k_error_body_bytes_max : k_reply_bytes_max;
}

bool Framer::feed(std::string_view bytes) {
    switch (kind_) {
        case BW_FRAME_RAW: return sink_(BW_FRAME_RAW, bytes, {});
        case BW_FRAME_SSE: return feed_sse(bytes);
        case BW_FRAME_LINE: return feed_lines(bytes);
        default: return feed_whole(bytes);
    }
}

bool Framer::finish() {
    switch (kind_) {
        case BW_FRAME_RAW: return true;
        case BW_FRAME_SSE: return finish_sse();
        case BW_FRAME_LINE: return finish_line();
        default: return sink_(BW_FRAME_WHOLE, buffer_, {});
    }
}

bool Framer::holds_json() const { return json::valid(buffer_); }

bool Framer::feed_whole(std::string_view bytes) {
    const std::size_t room = whole_bytes_max_ - buffer_.size();
    if (bytes.size() > room && !error_reply_) {
        problem_ = fmt::format("the reply is larger than {} MiB", k_reply_bytes_max >> 20);
        return false;
    }
    buffer_.append(bytes.substr(0, room));
    return true;
}

bool Framer::feed_lines(std::string_view bytes) {
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
        std::string_view line = bytes.substr(0, end);
        if (!buffer_.empty()) line = buffer_.append(line);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty() && !sink_(BW_FRAME_LINE, line, {})) return false;
        buffer_.clear();
        bytes.remove_prefix(end + 1);
    }
    if (buffer_.size() + bytes.size() > k_event_bytes_max) {
        problem_ = fmt::format("a line is longer than {} MiB", k_event_bytes_max >> 20);
        return false;
    }
    buffer_.append(bytes);
    return true;
}

bool Framer::finish_line() {
    if (buffer_.ends_with('\r')) buffer_.pop_back();
    return buffer_.empty() || sink_(BW_FRAME_LINE, buffer_, {});
}

bool Framer::event_frame(const SseEvent& event) {
    return event.data.empty() || sink_(BW_FRAME_SSE, event.data, event.event);
}

// Some upstreams answer a streamed request with plain JSON. It begins with a brace or a bracket, as
// no event stream does. White space and byte order marks before the first other byte are dropped,
// in however many parts they come.
bool Framer::feed_sse(std::string_view bytes) {
    if (!sniffed_) {
        const auto first = bytes.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
        if (first == std::string_view::npos) return true;
        sniffed_ = true;
        bytes.remove_prefix(first);
        if (bytes.front() == '{' || bytes.front() == '[') {
            kind_ = BW_FRAME_WHOLE;
            return feed_whole(bytes);
        }
    }
    bool going = true;
    const bool within = sse_.feed(bytes, [this, &going](const SseEvent& event) {
        going = event_frame(event);
        return going;
    });
    return within_limit(within, going);
}

bool Framer::finish_sse() {
    bool going = true;
    const bool within = sse_.finish([this, &going](const SseEvent& event) {
        going = event_frame(event);
        return going;
    });
    return within_limit(within, going);
}

bool Framer::within_limit(bool parsed, bool wanted) {
    if (!parsed && wanted) {
        problem_ = fmt::format("an event is larger than {} MiB", k_event_bytes_max >> 20);
    }
    return parsed && wanted;
}

}  // namespace bw::plugin
