// The parser of event streams: the same events however the stream is cut, those that a plain
// reading of the standard gives, and a stopped parser goes on where it stopped. Settings: bytes in
// a part, limit of an event.
#include <bellwether/sse.hpp>

#include <optional>
#include <utility>

#include "fuzz.hpp"

namespace fuzz {

using namespace bw;

namespace {

struct Event {
    std::string data;
    std::string name;
    bool operator==(const Event&) const = default;
};

struct Parsed {
    std::vector<Event> events;
    bool too_large = false;
    bool operator==(const Parsed&) const = default;
};

Parsed parse(std::string_view text, std::size_t part_bytes, std::size_t limit) {
    Parsed parsed;
    SseParser parser(limit);
    const auto sink = [&](const SseEvent& event) {
        parsed.events.push_back({std::string(event.data), std::string(event.event)});
    };
    bool going = true;
    for (const std::string_view part : cut(text, part_bytes)) {
        going = going && parser.feed(Fenced(part).view(), sink);
    }
    if (going) parser.finish(sink);
    parsed.too_large = parser.too_large();
    return parsed;
}

// The sink takes one event at a time; what is left is fed again.
Parsed parse_stopping(std::string_view text, std::size_t limit) {
    Parsed parsed;
    SseParser parser(limit);
    const auto sink = [&](const SseEvent& event) {
        parsed.events.push_back({std::string(event.data), std::string(event.event)});
        return false;
    };
    while (!parser.feed(text, sink) && !parser.too_large()) {
        require(parser.consumed() > 0 && parser.consumed() <= text.size(), "a stop makes progress");
        text.remove_prefix(parser.consumed());
    }
    while (!parser.too_large() && !parser.finish(sink)) {
    }
    parsed.too_large = parser.too_large();
    return parsed;
}

// True if the lines of data so far are one whole object, by its braces, or cut within a string.
bool is_over(std::string_view data) {
    std::size_t depth = 0;
    bool in_string = false;
    bool ended = false;
    for (std::size_t i = 0; i < data.size(); ++i) {
        const char c = data[i];
        if (in_string) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_string = false;
            }
            continue;
        }
        if (std::string_view(" \n\r\t").contains(c)) continue;
        ended = false;
        in_string = c == '"';
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && depth > 0) ended = --depth == 0;
    }
    return ended || in_string;
}

// As the standard says it, line by line, and its two exceptions; limits aside.
std::vector<Event> read_plainly(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    std::vector<Event> events;
    Event event;
    bool has_data = false;
    std::optional<std::string> late_name;  // came after data: of this event, or of the next
    const auto take_late_name = [&] {
        if (late_name) event.name = *std::exchange(late_name, std::nullopt);
    };
    const auto dispatch = [&] {
        if (has_data) events.push_back(event);
        event = {};
        has_data = false;
    };
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of("\r\n"), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end);
        text.remove_prefix(text.starts_with("\r\n") ? 2 : text.empty() ? 0 : 1);
        if (line.empty()) {
            take_late_name();
            dispatch();
            continue;
        }
        if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
        const auto colon = std::min(line.find(':'), line.size());
        std::string_view value = line.substr(std::min(colon + 1, line.size()));
        if (value.starts_with(' ')) value.remove_prefix(1);
        if (line.substr(0, colon) == "event") {
            if (has_data) {
                late_name = value;
            } else {
                event.name = value;
            }
        }
        if (line.substr(0, colon) != "data") continue;
        const bool begins =
            value.starts_with('{') || value.starts_with("[DONE]") || value.starts_with("\"[DONE]");
        if (begins && has_data && is_over(event.data)) dispatch();
        take_late_name();
        event.data.append(has_data ? "\n" : "").append(value);
        has_data = true;
    }
    take_late_name();
    dispatch();
    return events;
}

void run(Input input) {
    const std::size_t part_bytes = input.setting(64) + 1;
    const std::size_t limit = input.setting(4) == 3 ? 24 : 1u << 20;
    const std::string_view text = input.rest();
    const Parsed whole = parse(text, 0, limit);
    require(parse(text, part_bytes, limit) == whole, "events do not depend on the parts");
    require(parse(text, 1, limit) == whole, "events do not depend on single bytes");
    require(parse_stopping(text, limit) == whole, "events do not depend on stops");
    for (const Event& event : whole.events) {
        require(event.data.size() <= limit, "an event keeps to the limit");
    }
    if (whole.too_large) return;
    require(whole.events == read_plainly(text), "events are those that were meant");
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({data, size});
    return 0;
}
