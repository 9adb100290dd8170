// `Usage` is what a call consumed, and how the host knows it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bellwether {

enum class UsageSource {
    none,      // nothing was generated
    provider,  // the provider's own figure
    observed,  // counted from what was delivered, as the provider's figure is absent or too small
    estimate,  // the amount that was held for the call, as no better figure is known
};

// Something that is billed by the piece (a search, for one), and how many pieces there were; that
// there were none is told by a count of 0.
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
    // The members below are for the bill: the ledger keeps the cost that follows from them, and not
    // the members themselves.
    std::int64_t total_tokens = -1;           // from an upstream that reports only the sum
    std::int64_t cache_write_tokens = -1;     // part of input_tokens
    std::int64_t cache_write_1h_tokens = -1;  // part of cache_write_tokens
    std::int64_t audio_input_tokens = -1;     // part of input_tokens, as is image_input_tokens
    std::int64_t audio_output_tokens = -1;    // part of output_tokens, as is image_output_tokens
    std::int64_t image_input_tokens = -1;
    std::int64_t image_output_tokens = -1;
    std::int64_t cost_nano_usd = 0;  // by the provider's own bill, in 10^-9 USD; 0: it told none
    bool thought = false;            // the host saw reasoning, whatever the provider reported of it
    std::string service_tier;  // the tier that served it, else the one asked for; empty: unknown
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

}  // namespace bellwether
