// The W3C trace context of a request (traceparent, tracestate): checked, and made ready to be sent
// on. Pure but for the new span's id.
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace bw::front {

// What goes upstream: the same trace with a new parent, the call. Both empty: the client sent no
// trace, or nothing that can be understood as one; then none is sent.
struct TraceContext {
    std::string traceparent;
    std::string tracestate;
};

TraceContext trace_context(std::string_view traceparent, std::string_view tracestate,
                           std::mt19937_64& random);

}  // namespace bw::front
