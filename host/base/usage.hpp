// What a call consumed, and how we know.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bw {

enum class UsageSource {
    none,      // nothing was sent upstream
    provider,  // the provider's own figure
    observed,  // counted from what was delivered, the provider's figure being absent or too small
    estimate,  // what was held for it: nobody knows better
};

// Something that is billed by the piece, and how many of it there were.
struct UsedUnit {
    std::string name;
    std::int64_t count = 0;
};

// Tokens; -1: not known.
struct Usage {
    std::int64_t input_tokens = -1;         // the whole prompt, cached tokens included
    std::int64_t output_tokens = -1;        // everything generated, reasoning included
    std::int64_t cached_input_tokens = -1;  // part of input_tokens
    std::int64_t reasoning_tokens = -1;     // part of output_tokens
    UsageSource source = UsageSource::none;
    // For the bill. Of these nothing is kept but the cost that they make.
    std::int64_t total_tokens = -1;           // of an upstream that says only the sum
    std::int64_t cache_write_tokens = -1;     // part of input_tokens
    std::int64_t cache_write_1h_tokens = -1;  // part of cache_write_tokens
    std::int64_t audio_input_tokens = -1;     // part of input_tokens, as is image_input_tokens
    std::int64_t audio_output_tokens = -1;    // part of output_tokens, as is image_output_tokens
    std::int64_t image_input_tokens = -1;
    std::int64_t image_output_tokens = -1;
    bool thought = false;      // reasoning was seen, whatever was reported of it
    std::string service_tier;  // which served it, else which was asked for; empty: not known
    std::vector<UsedUnit> units;
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
