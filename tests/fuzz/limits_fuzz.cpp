// What an upstream's headers say of its own limits: a header a line, and each value as a time.
#include <algorithm>
#include <bellwether/http/limit_headers.hpp>
#include <string>
#include <vector>

#include "fuzz.hpp"

namespace fuzz {

using namespace bw;

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// A wall clock within the times that headers name.
constexpr milliseconds k_now{1'767'225'600'000};

bw_str str(std::string_view text) { return {text.data(), text.size()}; }

void check_time(const milliseconds time) {
    require(time >= milliseconds(0) && time <= hours(24 * 366), "nobody waits for over a year");
}

void run(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    std::vector<bw_header> headers;
    for (const std::string& line : lines) {
        const auto colon = std::min(line.find(':'), line.size());
        const auto value = std::string_view(line).substr(std::min(colon + 1, line.size()));
        headers.push_back({str(std::string_view(line).substr(0, colon)), str(value)});
        const Fenced fenced(value);
        if (const auto reset = read_reset(fenced.view(), k_now)) check_time(*reset);
    }
    bw_head head{};
    head.size = sizeof head;
    head.headers = headers.data();
    head.header_count = headers.size();
    for (const Limit& told : read_limits(Head(head), k_limit_headers, [] { return k_now; })) {
        require(told.limit > 0 && told.remaining >= 0, "what is told makes sense");
        check_time(told.reset);
    }
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
