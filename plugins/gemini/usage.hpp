// What a call has used, as usageMetadata tells it.
#pragma once

#include <bellwether/json.hpp>
#include <bellwether/provider/usage.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

namespace gemini {

namespace detail {

inline std::int64_t count_of(const bw::json::Value& usage, std::string_view name) {
    return std::max<std::int64_t>(usage[name].integer().value_or(-1), -1);
}

// The sum of two counts, either of which may not have been said.
inline std::int64_t sum_of(std::int64_t a, std::int64_t b) {
    if (a < 0 || b < 0) return std::max(a, b);
    return a > std::numeric_limits<std::int64_t>::max() - b ? a : a + b;
}

// The tokens of one modality; -1 if they are not told apart.
inline std::int64_t tokens_of(const bw::json::Value& details, std::string_view modality) {
    for (const bw::json::Value& each : details.elements()) {
        if (each["modality"].equals(modality)) return count_of(each, "tokenCount");
    }
    return -1;
}

}  // namespace detail

// The prompt holds what was cached; what tools of Google's have put into it is counted beside it,
// and so are thoughts beside the answer.
inline bw::Usage read_usage(const bw::json::Value& told) {
    using namespace detail;
    bw::Usage usage;
    usage.input =
        sum_of(count_of(told, "promptTokenCount"), count_of(told, "toolUsePromptTokenCount"));
    usage.cached_input = count_of(told, "cachedContentTokenCount");
    usage.reasoning = count_of(told, "thoughtsTokenCount");
    usage.output = sum_of(count_of(told, "candidatesTokenCount"), usage.reasoning);
    usage.audio_input = tokens_of(told["promptTokensDetails"], "AUDIO");
    usage.image_input = tokens_of(told["promptTokensDetails"], "IMAGE");
    usage.audio_output = tokens_of(told["candidatesTokensDetails"], "AUDIO");
    usage.image_output = tokens_of(told["candidatesTokensDetails"], "IMAGE");
    if (usage.input < 0 && usage.output < 0) usage.total = count_of(told, "totalTokenCount");
    const bool standard = told["serviceTier"].equals("standard");
    usage.service_tier = standard ? "default" : told["serviceTier"].string();
    return usage;
}

}  // namespace gemini
