// What an upstream's headers say of its own limits: a header a line, and each value as a time.
#include <algorithm>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "policy/upstreams/limit_headers.hpp"
#include "policy/upstreams/upstream_meter.hpp"

namespace bw::fuzz {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

void check(const policy::ReportedLimit& said) {
    require(said.limit >= -1 && said.remaining >= -1, "an amount is one, or was not said");
    require(said.reset >= milliseconds(-1), "a time is one, or was not said");
    require(said.reset <= hours(24 * 366), "nobody waits for longer than a year");
    require(said.sound() == (said.limit > 0 && said.remaining >= 0 && said.reset.count() >= 0),
            "what is counted with was said whole");
}

// Whatever was said, a meter waits for a while and not for ever.
void check_meter(const policy::SaidLimits& said) {
    using Meter = policy::UpstreamMeter;
    const auto now = Meter::Clock::time_point(hours(1));
    Meter meter;
    meter.sent(1'000, now);
    meter.answered(said, 1'000, true, now);
    for (const std::int64_t tokens : {std::int64_t{0}, std::int64_t{1'000}, said.tokens.limit}) {
        const auto wait = meter.wait(std::max<std::int64_t>(tokens, 0), now);
        require(wait >= wait.zero() && wait <= hours(1), "a wait has an end");
    }
    meter.over(1'000, true);
}

void run(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    std::vector<net::Header> headers;
    for (const std::string& line : lines) {
        const auto colon = std::min(line.find(':'), line.size());
        const auto value = std::string_view(line).substr(std::min(colon + 1, line.size()));
        headers.push_back({std::string_view(line).substr(0, colon), value});
        const Fenced fenced(value);
        const auto reset = policy::parse_reset(fenced.view());
        if (reset) require(reset->count() >= 0 && *reset <= hours(24 * 366), "a time is sane");
    }
    const policy::SaidLimits said = policy::read_limit_headers(headers);
    check(said.requests);
    check(said.tokens);
    check_meter(said);
}

}  // namespace
}  // namespace bw::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    bw::fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
