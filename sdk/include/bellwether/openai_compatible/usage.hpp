// What upstreams say of the usage of a call, in all the forms in which they say it. Part of
// <bellwether/openai_compatible.hpp>.
#pragma once

#include <bellwether/ascii.hpp>
#include <bellwether/json.hpp>
#include <bellwether/provider/usage.hpp>
#include <bellwether/version.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bw::v1::openai {

using bw::k_usage_units_max;
using bw::merge_usage;
using bw::says_anything;

namespace detail {

// A decimal number without a sign, taken apart: no digit of it ever passes through a double.
class Decimal {
  public:
    explicit Decimal(std::string_view text) : rest_(text) {}

    // Rounded up to a whole number; nothing if it is none, or does not fit.
    std::optional<std::int64_t> whole() {
        const std::string_view before = digits();
        std::string_view behind;
        if (take('.')) {
            behind = digits();
            if (behind.empty()) return std::nullopt;
        }
        const auto exponent = take('e') || take('E') ? signed_digits() : 0;
        if (before.empty() || !exponent || !rest_.empty()) return std::nullopt;
        return scaled(before, behind, *exponent);
    }

  private:
    static constexpr std::int64_t k_exponent_max = 1'000'000;

    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::string_view digits() {
        std::size_t count = 0;
        while (count < rest_.size() && ascii::is_digit(rest_[count])) ++count;
        const std::string_view found = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return found;
    }
    std::optional<std::int64_t> signed_digits() {
        const bool negative = take('-');
        if (!negative) take('+');
        const std::string_view found = digits();
        if (found.empty()) return std::nullopt;
        std::int64_t value = 0;
        for (const char c : found) value = std::min(value * 10 + (c - '0'), k_exponent_max);
        return negative ? -value : value;
    }
    // The digits of `before` and `behind` in a row, with the point moved by `exponent`.
    static std::optional<std::int64_t> scaled(std::string_view before, std::string_view behind,
                                              std::int64_t exponent) {
        const auto count = static_cast<std::int64_t>(before.size() + behind.size());
        const std::int64_t point = static_cast<std::int64_t>(before.size()) + exponent;
        constexpr std::int64_t k_max = std::numeric_limits<std::int64_t>::max();
        std::int64_t value = 0;
        bool fraction = false;
        for (std::int64_t i = 0; i < count; ++i) {
            const auto at = static_cast<std::size_t>(i);
            const char c = at < before.size() ? before[at] : behind[at - before.size()];
            if (i >= point) {
                fraction = fraction || c != '0';
            } else {
                if (value > (k_max - (c - '0')) / 10) return std::nullopt;
                value = value * 10 + (c - '0');
            }
        }
        for (std::int64_t i = count; i < point && value != 0; ++i) {
            if (value > k_max / 10) return std::nullopt;
            value *= 10;
        }
        if (fraction && value == k_max) return std::nullopt;
        return value + (fraction ? 1 : 0);
    }

    std::string_view rest_;
};

}  // namespace detail

// A count of tokens: a number in any spelling, such as 12, 12.0 and 1.2e1, or a string of one. A
// part of a token is a token. Nothing: it is no count, or does not fit.
inline std::optional<std::int64_t> read_count(const json::Value& value) {
    std::string_view text = value.raw();
    if (value.kind() == json::Kind::string) text = text.substr(1, text.size() - 2);
    return detail::Decimal(text).whole();
}

namespace detail {

// The figures of one usage object, by the names that they have there; -1: not said.
struct UsageFigures {
    std::int64_t prompt = -1, input = -1, completion = -1, output = -1, total = -1;
    std::int64_t cached = -1;                    // a part of the prompt
    std::int64_t cache_read = -1;                // Anthropic's: beside input_tokens
    std::int64_t cache_creation = -1;            // the same
    std::int64_t written = -1, written_1h = -1;  // parts of the prompt
    std::int64_t reasoning = -1;
    std::int64_t audio_input = -1, audio_output = -1, image_input = -1, image_output = -1;
};

class UsageReader {
  public:
    Usage read(std::string_view raw) {
        for (const json::Member& member : json::Value(raw).members()) top(member);
        settle_input();
        settle_output();
        usage_.total = figures_.total;
        usage_.cached_input = figures_.cached;
        usage_.cache_write = figures_.written;
        usage_.cache_write_1h = figures_.written_1h;
        usage_.reasoning = figures_.reasoning;
        usage_.audio_input = figures_.audio_input;
        usage_.audio_output = figures_.audio_output;
        usage_.image_input = figures_.image_input;
        usage_.image_output = figures_.image_output;
        return std::move(usage_);
    }

  private:
    struct Named {
        std::string_view name;
        std::int64_t UsageFigures::*figure;
    };
    static constexpr std::size_t k_unit_name_max = 64;

    template <std::size_t Size>
    bool take(const json::Member& member, const Named (&known)[Size]) {
        for (const Named& each : known) {
            if (!member.key_is(each.name)) continue;
            std::int64_t& figure = figures_.*each.figure;
            figure = std::max(figure, read_count(member.value()).value_or(-1));
            return true;
        }
        return false;
    }

    void top(const json::Member& member) {
        static constexpr Named k_known[] = {
            {"prompt_tokens", &UsageFigures::prompt},
            {"completion_tokens", &UsageFigures::completion},
            {"total_tokens", &UsageFigures::total},
            {"input_tokens", &UsageFigures::input},
            {"output_tokens", &UsageFigures::output},
            {"cached_tokens", &UsageFigures::cached},
            {"prompt_cache_hit_tokens", &UsageFigures::cached},
            {"cache_read_input_tokens", &UsageFigures::cache_read},
            {"cache_creation_input_tokens", &UsageFigures::cache_creation},
            {"reasoning_tokens", &UsageFigures::reasoning},
            // Amazon Bedrock's; its totalTokens is not always the sum.
            {"inputTokens", &UsageFigures::input},
            {"outputTokens", &UsageFigures::output},
            {"cacheReadInputTokens", &UsageFigures::cache_read},
            {"cacheWriteInputTokens", &UsageFigures::cache_creation},
        };
        if (take(member, k_known)) return;
        const json::Value& value = member.value();
        for (const json::Value& write : value.elements()) {
            const bool of_hour = member.key_is("cacheDetails") && write["ttl"].equals("1h");
            if (of_hour) figures_.written_1h = read_count(write["inputTokens"]).value_or(-1);
        }
        if (value.kind() == json::Kind::object) return nested(member);
        if (member.key_is("service_tier")) usage_.service_tier = value.string();
        if (member.key_is("num_sources_used")) add_unit("search_source", value);
        if (member.key_is("num_search_queries")) add_unit("search_query", value);
    }

    void nested(const json::Member& member) {
        const json::Value& value = member.value();
        if (member.key_is("prompt_tokens_details") || member.key_is("input_tokens_details")) {
            for (const json::Member& part : value.members()) input_part(part);
        } else if (member.key_is("completion_tokens_details") ||
                   member.key_is("output_tokens_details")) {
            for (const json::Member& part : value.members()) output_part(part);
        } else if (member.key_is("cache_creation")) {
            lifetimes(value);
        } else if (member.key_is("server_tool_use") ||
                   member.key_is("server_side_tool_usage_details")) {
            for (const json::Member& tool : value.members()) add_tool(tool);
        } else if (member.key_is("plugins")) {
            add_unit("web_search", value["search"]["count"]);
        }
    }

    void input_part(const json::Member& member) {
        static constexpr Named k_known[] = {
            {"cached_tokens", &UsageFigures::cached},
            {"cache_write_tokens", &UsageFigures::written},
            {"cache_creation_tokens", &UsageFigures::written},
            {"cache_creation_input_tokens", &UsageFigures::written},
            {"audio_tokens", &UsageFigures::audio_input},
            {"image_tokens", &UsageFigures::image_input},
        };
        if (!take(member, k_known) && member.key_is("cache_creation")) lifetimes(member.value());
    }

    void output_part(const json::Member& member) {
        static constexpr Named k_known[] = {
            {"reasoning_tokens", &UsageFigures::reasoning},
            {"thinking_tokens", &UsageFigures::reasoning},
            {"audio_tokens", &UsageFigures::audio_output},
            {"image_tokens", &UsageFigures::image_output},
        };
        take(member, k_known);
    }

    void lifetimes(const json::Value& creation) {
        const auto count = [&](const char* name) {
            return read_count(creation[name]).value_or(-1);
        };
        const std::int64_t hour = count("ephemeral_1h_input_tokens");
        const std::int64_t minutes = count("ephemeral_5m_input_tokens");
        figures_.written_1h = std::max(figures_.written_1h, hour);
        if (hour < 0 && minutes < 0) return;
        figures_.written = std::max(figures_.written, add(std::max<std::int64_t>(hour, 0),
                                                          std::max<std::int64_t>(minutes, 0)));
    }

    void add_tool(const json::Member& tool) {
        std::string name = tool.key();
        for (const std::string_view end : {"_requests", "_calls"}) {
            if (name.size() <= end.size()) continue;
            const std::size_t begin = name.size() - end.size();
            if (std::string_view(name).substr(begin) == end) name.resize(begin);
        }
        add_unit(std::move(name), tool.value());
    }

    void add_unit(std::string name, const json::Value& count) {
        const std::int64_t number = read_count(count).value_or(-1);
        if (number < 0 || name.empty() || name.size() > k_unit_name_max) return;
        if (usage_.units.size() < k_usage_units_max)
            usage_.units.push_back({std::move(name), number});
    }

    static std::int64_t add(std::int64_t a, std::int64_t b) {
        constexpr std::int64_t k_max = std::numeric_limits<std::int64_t>::max();
        return a > k_max - b ? k_max : a + b;
    }

    // Anthropic's input_tokens leaves out what was read from a cache and what was written to one.
    // prompt_tokens holds both, unless the sum or the parts themselves tell that it does not.
    void settle_input() {
        UsageFigures& f = figures_;
        const std::int64_t beside = add(std::max<std::int64_t>(f.cache_read, 0),
                                        std::max<std::int64_t>(f.cache_creation, 0));
        f.cached = std::max(f.cached, f.cache_read);
        f.written = std::max(f.written, f.cache_creation);
        f.completion = std::max(f.completion, f.output);
        usage_.input = f.prompt >= 0 ? f.prompt : f.input;
        if (usage_.input >= 0) {
            const bool sum_tells = beside > 0 && f.completion >= 0 &&
                                   f.total == add(add(f.prompt, beside), f.completion);
            if (f.prompt < 0 || beside > f.prompt || sum_tells) {
                usage_.input = add(usage_.input, beside);
            }
            usage_.input = std::max(usage_.input, f.input);
        } else if (f.completion >= 0 && f.total >= f.completion) {
            usage_.input = f.total - f.completion;
        }
    }

    // Reasoning may stand outside of what is called completion: then the sum tells or, where there
    // is none, that it is more than what it is said to be a part of.
    void settle_output() {
        const UsageFigures& f = figures_;
        usage_.output = f.completion;
        if (f.total < 0 && f.completion >= 0 && f.reasoning > f.completion) {
            usage_.output = add(f.completion, f.reasoning);
        }
        if (usage_.input >= 0 && f.total > usage_.input) {
            usage_.output = std::max(usage_.output, f.total - usage_.input);
        }
    }

    UsageFigures figures_;
    Usage usage_;
};

}  // namespace detail

// What a `usage` object says.
inline Usage read_usage(std::string_view raw) { return detail::UsageReader().read(raw); }

// Usage that stands in choices instead of beside them: each tells of its own answer to the one
// prompt that they share.
class ChoiceUsages {
  public:
    void add(std::int64_t index, std::string_view raw) {
        const Usage usage = read_usage(raw);
        const auto same = std::find_if(outputs_.begin(), outputs_.end(),
                                       [&](const auto& known) { return known.first == index; });
        if (same != outputs_.end()) {
            same->second = std::max(same->second, usage.output);
        } else if (outputs_.size() < k_told_apart) {
            outputs_.emplace_back(index, usage.output);
        } else {
            return;
        }
        merge_usage(shared_, usage);
    }
    bool empty() const { return outputs_.empty(); }
    Usage sum() const {
        Usage sum = shared_;
        sum.output = -1;
        for (const auto& [index, output] : outputs_) {
            if (output < 0) continue;
            const std::int64_t room = std::numeric_limits<std::int64_t>::max() - output;
            sum.output = std::min(std::max<std::int64_t>(sum.output, 0), room) + output;
        }
        return sum;
    }

  private:
    static constexpr std::size_t k_told_apart = 128;
    std::vector<std::pair<std::int64_t, std::int64_t>> outputs_;  // the answer of each choice
    Usage shared_;                                                // all but the answers
};

// A usage object for a chunk of its own. One that has other names gets those that clients know.
inline std::string proper_usage(std::string_view raw, const Usage& usage) {
    const json::Value given(raw);
    std::string out(raw);
    if (given["prompt_tokens"] && given["completion_tokens"]) return out;
    const auto put = [&](const char* name, std::int64_t count) {
        if (count >= 0) out = json::with_member(out, name, std::to_string(count));
    };
    put("prompt_tokens", usage.input);
    put("completion_tokens", usage.output);
    if (usage.input < 0 || usage.output < 0) return out;
    constexpr std::int64_t k_max = std::numeric_limits<std::int64_t>::max();
    if (!given["total_tokens"]) {
        put("total_tokens", std::min(usage.input, k_max - usage.output) + usage.output);
    }
    return out;
}

}  // namespace bw::v1::openai
