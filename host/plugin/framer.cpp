#include "plugin/framer.hpp"

#include <utility>

namespace bellwether::plugin {

Framer::Framer(Sink sink)
    : outlet_([sink = std::move(sink)](const Frame& frame) {
          return sink(abi_kind_of(frame.kind), frame.data, frame.event);
      }) {}

void Framer::begin(std::uint32_t abi_kind, bool error_reply) {
    begin(frame_kind_of(abi_kind).value_or(FrameKind::whole), error_reply);
}

void Framer::begin(FrameKind kind, bool error_reply) {
    error_reply_ = error_reply;
    switch (error_reply ? FrameKind::whole : kind) {
        case FrameKind::whole: cutter_.emplace<WholeFramer>(error_reply); break;
        case FrameKind::raw: cutter_.emplace<RawFramer>(); break;
        case FrameKind::sse: cutter_.emplace<SseFramer>(); break;
        case FrameKind::line: cutter_.emplace<LineFramer>(); break;
        case FrameKind::aws: cutter_.emplace<AwsFramer>(); break;
        case FrameKind::item: cutter_.emplace<ItemFramer>(); break;
    }
}

bool Framer::feed(std::string_view bytes) {
    return std::visit([&](auto& cutter) { return cutter.feed(bytes, outlet_); }, cutter_);
}

bool Framer::finish() {
    return std::visit([&](auto& cutter) { return cutter.finish(outlet_); }, cutter_);
}

const WholeFramer* Framer::whole() const {
    if (const auto* const whole = std::get_if<WholeFramer>(&cutter_)) return whole;
    const auto* const events = std::get_if<SseFramer>(&cutter_);
    return events != nullptr && events->whole() ? &*events->whole() : nullptr;
}

}  // namespace bellwether::plugin
