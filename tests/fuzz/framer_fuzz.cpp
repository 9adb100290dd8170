// The framer of upstream bodies: the same frames however the body is cut, and the same as those of
// the SDK's host for tests, which promises plugin authors exactly that.
// Settings: framing, whether it is an error's body, bytes in a part.
#include "plugin/framer.hpp"

#include <bellwether/testing/framer.hpp>

#include "fuzz.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

struct Frame {
    std::uint32_t kind = 0;
    std::string data;
    std::string event;
    bool operator==(const Frame&) const = default;
};

// Raw bytes have no frames of their own: only what they are together counts.
void add(std::vector<Frame>& frames, Frame frame) {
    if (frame.kind == BW_FRAME_RAW && !frames.empty()) {
        frames.back().data += frame.data;
    } else if (frame.kind != BW_FRAME_RAW || !frame.data.empty()) {
        frames.push_back(std::move(frame));
    }
}

std::vector<Frame> frames_of_host(std::uint32_t kind, bool error_reply, std::string_view body,
                                  std::size_t part_bytes) {
    std::vector<Frame> frames;
    plugin::Framer framer([&](std::uint32_t got, std::string_view data, std::string_view event) {
        add(frames, {got, std::string(data), std::string(event)});
        return true;
    });
    framer.begin(kind, error_reply);
    for (const std::string_view part : cut(body, part_bytes)) {
        require(framer.feed(Fenced(part).view()), "a small body is framed");
    }
    require(framer.finish(), "a small body ends well");
    require(framer.problem().empty(), "a small body is no problem");
    return frames;
}

std::vector<Frame> frames_of_sdk(std::uint32_t kind, bool error_reply, std::string_view body,
                                 std::size_t part_bytes) {
    std::vector<Frame> frames;
    const auto deliver = [&](const bw_frame& frame) {
        add(frames, {frame.kind, std::string(bw::testing::detail::to_view(frame.data)),
                     std::string(bw::testing::detail::to_view(frame.event))});
        return true;
    };
    bw::testing::Framer framer(kind, error_reply ? 500 : 200, false, deliver);
    for (const std::string_view part : cut(body, part_bytes)) framer.feed(Fenced(part).view());
    framer.finish();
    return frames;
}

void run(Input input) {
    const std::uint32_t kind = input.setting(BW_FRAME_LINE + 1);
    const bool error_reply = input.setting(2) == 1;
    const std::size_t part_bytes = input.setting(64) + 1;
    const std::string_view body = input.rest();
    const auto whole = frames_of_host(kind, error_reply, body, 0);
    require(frames_of_host(kind, error_reply, body, part_bytes) == whole,
            "frames do not depend on the parts");
    require(frames_of_host(kind, error_reply, body, 1) == whole,
            "frames do not depend on single bytes");
    require(frames_of_sdk(kind, error_reply, body, 0) == whole, "the SDK frames as the host does");
    require(frames_of_sdk(kind, error_reply, body, part_bytes) == whole,
            "the SDK frames parts as the host does");
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
