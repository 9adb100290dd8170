// The headers by which an upstream's logs and traces can be matched with the host's.
#pragma once

#include <string>
#include <vector>

#include "base/call.hpp"

namespace bellwether::plugin {

// Sets x-request-id and, if the client sent a trace, traceparent and tracestate. The host's word
// counts: what a plugin set under these names is replaced.
void set_correlation(std::vector<std::string>& headers, const Call& call);

}  // namespace bellwether::plugin
