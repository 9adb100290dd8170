// `RequestHeaders` are those headers of a client's request that its plugin's manifest asks for.
#pragma once

#include <bellwether/provider.h>

#include <algorithm>
#include <vector>

#include "base/call.hpp"
#include "plugin/instance.hpp"

namespace bellwether::plugin {

class RequestHeaders {
  public:
    // Both must outlive it.
    RequestHeaders(const Call& call, const LoadedProvider& provider) {
        const auto& seen = provider.manifest.request_headers;
        if (seen.empty()) return;
        for (const auto& [name, value] : call.forwarded) {
            if (std::ranges::find(seen, name) == seen.end()) continue;
            headers_.push_back({str(name), str(value)});
        }
    }

    // The request refers to this object from then on.
    void put_into(bw_request& request) const {
        request.headers = headers_.data();
        request.header_count = headers_.size();
    }

  private:
    std::vector<bw_header> headers_;
};

}  // namespace bellwether::plugin
