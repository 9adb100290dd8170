// Packed bodies of upstreams: the same content however the bytes are cut, within its bound, and the
// lists of encodings that say how they are packed.
// Settings: gzip or deflate, bytes in a part.
#include "http/unpack.hpp"

#include "fuzz.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

constexpr std::size_t k_bytes_max = 64u << 10;

struct Unpacked {
    std::string text;
    http::Unpack::Step step = http::Unpack::Step::good;
    bool may_end = true;
};

Unpacked unpack(Packing packing, std::string_view bytes, std::size_t part_bytes) {
    http::Unpack unpack(packing);
    Unpacked result;
    for (const std::string_view part : cut(bytes, part_bytes)) {
        const Fenced fenced(part);
        result.step = unpack.feed(fenced.view(), result.text, k_bytes_max);
        require(result.text.size() <= k_bytes_max, "what is unpacked is bounded");
        if (result.step != http::Unpack::Step::good) break;
    }
    result.may_end = unpack.may_end();
    return result;
}

void run(Input input) {
    const auto packing = input.setting(2) == 0 ? Packing::gzip : Packing::deflate;
    const std::size_t part_bytes = input.setting(64);
    const Unpacked whole = unpack(packing, input.rest(), 0);
    const Unpacked parts = unpack(packing, input.rest(), part_bytes);
    require(whole.step == parts.step, "the end does not hang on how the bytes are cut");
    if (whole.step == http::Unpack::Step::good) {
        require(whole.text == parts.text, "nor does the content");
        require(whole.may_end == parts.may_end, "nor whether it is whole");
    }
    const auto named = http::packing_of(input.rest());
    require(named == http::packing_of(std::string(input.rest()) + ", identity"),
            "what changes nothing changes nothing");
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run(fuzz::Input(data, size));
    return 0;
}
