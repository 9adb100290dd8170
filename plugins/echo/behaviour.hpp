// What the echo can be told to do, by its config or by a request's own member "echo": how fast to
// answer, with what, and how to fail.
#pragma once

#include <algorithm>
#include <bellwether/provider.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace echo {

using bw::json::Kind;
using bw::json::Value;
using std::chrono::milliseconds;

constexpr std::int64_t k_repeat_max = 100'000;
constexpr std::int64_t k_status_max = 599;
constexpr std::int64_t k_wait_ms_max = 24 * 3'600'000;

// What a request, or else the config, asks of the echo. In a request it is the member "echo"; there
// the waits are named *_ms.
struct Behaviour {
    milliseconds delay{0};        // between two chunks
    milliseconds first_delay{0};  // before the first
    std::int64_t status = 0;      // 0: answer; else fail as an upstream with this HTTP status would
    std::string code;
    std::string message;
    std::optional<milliseconds> retry_after;
    std::int64_t fail_attempts = -1;  // fail only so many first attempts; -1: all
    std::int64_t cut_after = -1;      // break off after so many chunks; -1: do not
    std::int64_t repeat = 1;
    std::optional<std::string> reply;
    std::string tool_name;  // not empty: call this tool
    std::string tool_arguments;
};

inline std::int64_t number(const Value& value, std::int64_t fallback) {
    return value.integer().value_or(fallback);
}

// Reads the members that config and request have in common; `unit` is what a wait's name ends with.
inline void read_common(Behaviour& behaviour, const Value& from, std::string_view unit) {
    const auto wait = [&](std::string name) {
        auto asked = from[name.append(unit)].integer();
        if (asked) asked = std::clamp<std::int64_t>(*asked, 0, k_wait_ms_max);
        return asked;
    };
    behaviour.delay = milliseconds(wait("delay").value_or(behaviour.delay.count()));
    behaviour.first_delay =
        milliseconds(wait("first_delay").value_or(behaviour.first_delay.count()));
    behaviour.status =
        std::clamp<std::int64_t>(number(from["status"], behaviour.status), 0, k_status_max);
    behaviour.code = from["code"].string(behaviour.code);
    behaviour.message = from["message"].string(behaviour.message);
    if (const auto after = wait("retry_after")) behaviour.retry_after = milliseconds(*after);
    behaviour.fail_attempts = number(from["fail_attempts"], behaviour.fail_attempts);
    behaviour.cut_after = number(from["cut_after"], behaviour.cut_after);
    behaviour.repeat =
        std::clamp<std::int64_t>(number(from["repeat"], behaviour.repeat), 0, k_repeat_max);
    if (from["reply"].kind() == Kind::string) behaviour.reply = from["reply"].string();
}

inline Behaviour read_request_behaviour(Behaviour behaviour, const Value& echo) {
    read_common(behaviour, echo, "_ms");
    const Value tool = echo["tool_call"];
    behaviour.tool_name = tool["name"].string();
    const Value arguments = tool["arguments"];
    behaviour.tool_arguments =
        arguments.kind() == Kind::string ? arguments.string() : std::string(arguments.raw());
    return behaviour;
}

// The class of error that an HTTP status of an upstream stands for.
inline bw_status class_of(std::int64_t status, std::string_view code) {
    if (code == "insufficient_quota") return BW_E_QUOTA;
    if (code == "context_length_exceeded") return BW_E_CONTEXT_LENGTH;
    if (code == "content_filter") return BW_E_CONTENT_FILTER;
    switch (status) {
        case 401:
        case 403: return BW_E_AUTH;
        case 402: return BW_E_QUOTA;
        case 404: return BW_E_NOT_FOUND;
        case 408: return BW_E_UPSTREAM;
        case 429: return BW_E_RATE;
        case 501: return BW_E_UNSUPPORTED;
        default: return status < 500 ? BW_E_INVALID : BW_E_UPSTREAM;
    }
}

}  // namespace echo
