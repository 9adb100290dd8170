// Checks the W3C trace context of a request (traceparent, tracestate) and makes the one that is
// sent upstream. Pure except for the random id of the new span.
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace bellwether::front {

// What goes upstream: the client's trace, with the call's own span as the new parent. Both are
// empty if the client sent no valid trace; then none is sent.
struct TraceContext {
    std::string traceparent;
    std::string tracestate;
};

TraceContext trace_context(std::string_view traceparent, std::string_view tracestate,
                           std::mt19937_64& random);

}  // namespace bellwether::front
