// bellwether/http/limits.hpp - the limits that an upstream tells in the headers of its responses,
// in the two forms in which they are told, for bw::Attempt::limits:
//
//   anthropic-ratelimit-input-tokens-reset: 2026-01-31T12:00:00Z   beside -limit and -remaining
//   x-ratelimit-reset-tokens: 6m0s                                 OpenAI, and those who copy it
//
// A limit without a figure for its size or for what is left of it is left out, and a time that
// cannot be read, or has passed, is 0. Pure; any thread.
#pragma once

#include <bellwether/http/retry_after.hpp>
#include <bellwether/provider/attempt.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bw {

namespace detail {

inline std::optional<std::int64_t> whole_number(std::string_view text) {
    return json::Value(text).integer();
}

struct LimitName {
    std::string_view name;       // the host's
    std::string_view of_header;  // in both forms
};
inline constexpr LimitName k_limit_names[] = {{"requests", "requests"},
                                              {"tokens", "tokens"},
                                              {"input_tokens", "input-tokens"},
                                              {"output_tokens", "output-tokens"}};

// One limit, from the texts of its three headers.
struct LimitTexts {
    std::string_view limit, remaining, reset;
};

template <typename Read>
void add_limit(std::vector<Limit>& limits, std::string_view name, const LimitTexts& texts,
               const Read& reset_ms) {
    const auto limit = whole_number(texts.limit);
    const auto remaining = whole_number(texts.remaining);
    if (!limit || !remaining || *limit < 0 || *remaining < 0) return;
    const std::int64_t wait = std::max<std::int64_t>(reset_ms(texts.reset).value_or(0), 0);
    limits.push_back({name, *limit, *remaining, std::chrono::milliseconds(wait)});
}

}  // namespace detail

// `headers` and `now` are those of retry_after_of_headers.
template <typename Headers>
std::vector<Limit> limits_of_headers(const Headers& headers, std::chrono::milliseconds now) {
    const auto sent = detail::read_http_date(detail::value_of(headers, "date"), now.count() / 1000);
    const std::int64_t now_ms = sent ? *sent * 1000 : now.count();
    const auto until = [&](std::string_view text) -> std::optional<std::int64_t> {
        const auto at = detail::read_rfc3339(text);
        if (!at) return std::nullopt;
        return std::min(*at - now_ms, detail::k_wait_max_ms);
    };
    const auto lasting = [](std::string_view text) { return detail::read_duration(text, 1000); };
    std::vector<Limit> limits;
    for (const detail::LimitName& each : detail::k_limit_names) {
        const std::string anthropic = "anthropic-ratelimit-" + std::string(each.of_header);
        const std::string openai = "-" + std::string(each.of_header);
        const std::size_t before = limits.size();
        const auto value = [&](const std::string& name) {
            return detail::value_of(headers, std::string_view(name));
        };
        detail::add_limit(limits, each.name,
                          {value(anthropic + "-limit"), value(anthropic + "-remaining"),
                           value(anthropic + "-reset")},
                          until);
        if (limits.size() > before) continue;
        detail::add_limit(
            limits, each.name,
            {value("x-ratelimit-limit" + openai), value("x-ratelimit-remaining" + openai),
             value("x-ratelimit-reset" + openai)},
            lasting);
    }
    return limits;
}

}  // namespace bw
