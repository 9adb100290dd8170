// The headers of a client's request that mean something to the host, one a line: traceparent,
// tracestate, x-bellwether-timeout, x-request-id, content-type, authorization.
#include <algorithm>

#include "front/client_key.hpp"
#include "front/http_request.hpp"
#include "front/request_id.hpp"
#include "front/time_allowed.hpp"
#include "front/trace_context.hpp"
#include "fuzz.hpp"
#include "json/value.hpp"

namespace fuzz {

using namespace bellwether;

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

bool is_printable(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= 0x20 && c < 0x7f) || c == '\t'; });
}

void check_trace(std::string_view parent, std::string_view state) {
    std::mt19937_64 random(7);
    const front::TraceContext sent = front::trace_context(parent, state, random);
    if (sent.traceparent.empty()) return require(sent.tracestate.empty(), "no state without trace");
    require(sent.traceparent.size() == 55, "what is sent has the form of version 00");
    require(sent.traceparent.substr(3, 32) == parent.substr(3, 32), "the trace stays the same");
    require(is_printable(sent.traceparent + sent.tracestate), "what is sent is fit for a header");
    require(sent.tracestate.empty() || sent.tracestate == state, "a state is passed on as it is");
    const front::TraceContext next =
        front::trace_context(sent.traceparent, sent.tracestate, random);
    require(!next.traceparent.empty(), "the next one understands what is sent");
    require(next.traceparent != sent.traceparent, "each call is a parent of its own");
    require(next.tracestate == sent.tracestate, "the next one passes the state on as well");
}

void check_deadline(std::string_view header) {
    const auto started = std::chrono::steady_clock::time_point(hours(1));
    const auto allowed = front::time_allowed(header, started);
    if (header.empty()) return require(allowed.has_value(), "without a header there is no limit");
    if (!allowed) return require(allowed.error().code == "invalid_timeout", "a refusal says why");
    require(allowed->deadline > started, "a client waits for a moment at least");
    require(allowed->deadline <= started + hours(24) ||
                allowed->deadline == std::chrono::steady_clock::time_point::max(),
            "a client that says how long waits for a day at most");
    for (const auto limit :
         {allowed->limits.connect, allowed->limits.first_byte, allowed->limits.idle}) {
        require(limit >= milliseconds(0) && limit <= hours(24), "a limit is none, or of a day");
    }
}

void check_id(std::string_view given) {
    std::mt19937_64 random(7);
    const std::string id = front::request_id(given, random);
    require(!id.empty() && id.size() <= 128 && is_printable(id), "an id is fit for a header");
    require(json::quote(id) == '"' + id + '"' || id.contains('\\'), "an id is fit for a log");
}

void check_key(std::string_view authorization) {
    const http::Field field{"authorization", authorization};
    http::IncomingRequest request;
    request.fields.push_back(field);
    const policy::KeyRing nobody(std::span<const config::Key>{});
    const auto caller = front::identify(request, nobody, std::chrono::system_clock::time_point());
    require(!caller || *caller == nullptr, "nobody is let in by a ring without keys");
}

void run(std::string_view text) {
    std::vector<Fenced> lines;
    for (int i = 0; i < 6; ++i) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    check_trace(lines[0].view(), lines[1].view());
    check_deadline(lines[2].view());
    check_id(lines[3].view());
    front::is_json(lines[4].view());
    check_key(lines[5].view());
}

}  // namespace
}  // namespace fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::run({reinterpret_cast<const char*>(data), size});
    return 0;
}
