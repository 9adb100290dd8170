// The framer of AWS event streams: the same messages however the body is cut, those that their
// lengths say, and none that is damaged. Settings: bytes in a part, whether the checksums are
// mended first, as nothing would come beyond them.
#include <zlib.h>

#include "fuzz.hpp"
#include "plugin/framer.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

struct Message {
    std::string payload;
    std::string event;
    std::vector<std::string> headers;
    bool operator==(const Message&) const = default;
};

struct Framed {
    std::vector<Message> messages;
    bool good = true;
    std::string problem;
    bool operator==(const Framed&) const = default;
};

Framed run_framer(std::string_view body, std::size_t part_bytes) {
    Framed framed;
    plugin::Framer framer([&](const plugin::Frame& frame) {
        Message& message =
            framed.messages.emplace_back(std::string(frame.data), std::string(frame.event));
        for (const auto& [name, value] : frame.headers) {
            message.headers.emplace_back(name);
            message.headers.emplace_back(value);
        }
        return true;
    });
    framer.begin(plugin::FrameKind::aws, false);
    for (const std::string_view part : cut(body, part_bytes)) {
        framed.good = framed.good && framer.feed(Fenced(part).view());
    }
    framed.good = framed.good && framer.finish();
    framed.problem = framer.problem();
    return framed;
}

std::size_t number_at(std::string_view bytes, std::size_t at) {
    std::size_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

void mend(std::string& body, std::size_t begin, std::size_t at) {
    const auto* const data = reinterpret_cast<const Bytef*>(body.data() + begin);
    const uLong crc = ::crc32(0, data, static_cast<uInt>(at - begin));
    for (std::size_t i = 0; i < 4; ++i)
        body[at + i] = static_cast<char>(crc >> (24 - 8 * i) & 0xFF);
}

std::string mended(std::string body) {
    for (std::size_t at = 0; body.size() - at >= 12;) {
        mend(body, at, at + 8);
        const std::size_t size = number_at(body, at);
        if (size < 16 || size > body.size() - at) break;
        mend(body, at, at + size - 4);
        at += size;
    }
    return body;
}

void check_lengths(std::string_view body, const Framed& framed) {
    for (const Message& message : framed.messages) {
        require(body.size() >= 16, "a message has its bytes");
        const std::size_t size = number_at(body, 0);
        const std::size_t begin = 12 + number_at(body, 4);
        require(size <= body.size() && begin + 4 <= size, "a message lies within the body");
        require(body.substr(begin, size - 4 - begin) == message.payload, "a payload is as it came");
        body.remove_prefix(size);
    }
    if (framed.good) require(body.empty(), "all of a good body is in its messages");
}

void run(Input input) {
    const std::size_t part_bytes = input.setting(64) + 1;
    const bool mends = input.setting(2) == 1;
    const std::string body = mends ? mended(std::string(input.rest())) : std::string(input.rest());
    const Framed whole = run_framer(body, 0);
    require(run_framer(body, part_bytes) == whole, "messages do not depend on the parts");
    require(run_framer(body, 1) == whole, "messages do not depend on single bytes");
    require(whole.good == whole.problem.empty(), "what is not good is told");
    check_lengths(body, whole);
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
