// The framer of JSON arrays: the same elements however the body is cut, and those that a plain
// reading of the whole gives; a body is good just if it is one array. Setting: bytes in a part.
#include "json/value.hpp"

#include "fuzz.hpp"
#include "plugin/framer.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

struct Elements {
    std::vector<std::string> texts;
    bool good = true;
    std::string problem;
    bool operator==(const Elements&) const = default;
};

Elements run_framer(std::string_view body, std::size_t part_bytes) {
    Elements elements;
    plugin::Framer framer([&](const plugin::Frame& frame) {
        elements.texts.emplace_back(frame.data);
        return true;
    });
    framer.begin(plugin::FrameKind::item, false);
    for (const std::string_view part : cut(body, part_bytes)) {
        elements.good = elements.good && framer.feed(Fenced(part).view());
    }
    elements.good = elements.good && framer.finish();
    elements.problem = framer.problem();
    return elements;
}

void run(Input input) {
    const std::size_t part_bytes = input.setting(64) + 1;
    std::string_view body = input.rest();
    const Elements whole = run_framer(body, 0);
    require(run_framer(body, part_bytes) == whole, "elements do not depend on the parts");
    require(run_framer(body, 1) == whole, "elements do not depend on single bytes");
    require(whole.good == whole.problem.empty(), "what is not good is told");
    body.remove_prefix(std::min(body.find_first_not_of(" \t\r\n\xEF\xBB\xBF"), body.size()));
    const bool is_array = body.starts_with('[') && json::valid(body, json::k_nesting_default + 1);
    require(whole.good == is_array, "a body is good just if it is an array");
    if (!is_array) return;
    std::size_t index = 0;
    for (const json::Value& element : json::Value(body).elements()) {
        require(index < whole.texts.size() && whole.texts[index] == element.raw(),
                "an element is as it came");
        ++index;
    }
    require(index == whole.texts.size(), "there are no more elements");
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
