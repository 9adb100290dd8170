// What a call consumed, and how we know.
#pragma once

#include <cstdint>
#include <string_view>

namespace bw {

enum class UsageSource {
    none,      // nothing was sent upstream
    provider,  // the provider's own figure
    observed,  // counted from what was delivered, the provider's figure being absent or too small
    estimate,  // what was held for it: nobody knows better
};

// Tokens; -1: not known.
struct Usage {
    std::int64_t input_tokens = -1;         // the whole prompt, cached tokens included
    std::int64_t output_tokens = -1;        // everything generated, reasoning included
    std::int64_t cached_input_tokens = -1;  // part of input_tokens
    std::int64_t reasoning_tokens = -1;     // part of output_tokens
    UsageSource source = UsageSource::none;
};

constexpr std::string_view to_string(UsageSource source) {
    switch (source) {
        case UsageSource::none: return "none";
        case UsageSource::provider: return "provider";
        case UsageSource::observed: return "observed";
        case UsageSource::estimate: return "estimate";
    }
    return "none";
}

}  // namespace bw
