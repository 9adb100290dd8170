// The `usage` object of chat replies. Part of <bellwether/chat/reply.hpp>.
#pragma once

#include <bellwether/json/writer.hpp>
#include <bellwether/provider/usage.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace bw::v1::chat {

namespace detail {

struct NamedCount {
    std::string_view name;
    std::int64_t count;
};

// The object `name` with the counts that were said; nothing if none was.
template <std::size_t Size>
void write_details(json::Writer& json, std::string_view name, const NamedCount (&counts)[Size]) {
    bool any = false;
    for (const NamedCount& each : counts) {
        if (each.count < 0) continue;
        if (!any) json.object(name);
        any = true;
        json.member(each.name, each.count);
    }
    if (any) json.end();
}

}  // namespace detail

// Writes a usage object as OpenAI has it, as the next value of `json`. What was not said is left
// out of the details, and is 0 where clients rely on a number.
inline void write_usage(json::Writer& json, const Usage& usage) {
    const std::int64_t input = std::max<std::int64_t>(usage.input, 0);
    const std::int64_t output = std::max<std::int64_t>(usage.output, 0);
    const std::int64_t room = std::numeric_limits<std::int64_t>::max() - output;
    json.object()
        .member("prompt_tokens", input)
        .member("completion_tokens", output)
        .member("total_tokens", std::max(usage.total, std::min(input, room) + output));
    detail::write_details(json, "prompt_tokens_details",
                          {{"cached_tokens", usage.cached_input},
                           {"cache_write_tokens", usage.cache_write},
                           {"audio_tokens", usage.audio_input},
                           {"image_tokens", usage.image_input}});
    detail::write_details(json, "completion_tokens_details",
                          {{"reasoning_tokens", usage.reasoning},
                           {"audio_tokens", usage.audio_output},
                           {"image_tokens", usage.image_output}});
    json.end();
}

}  // namespace bw::v1::chat
