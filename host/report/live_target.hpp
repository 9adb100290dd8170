// What is said of a target of a running host: how it stands at a moment, for the admin pages, and
// that it went out of service or came back, for the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "json/writer.hpp"
#include "route/table.hpp"
#include "route/target_states.hpp"

namespace bellwether::report {

struct LiveTarget {
    route::Service service = route::Service::in;
    std::chrono::system_clock::time_point out_since;  // unless it is in service
    std::chrono::system_clock::time_point out_until;  // likewise; then a call tries it
    // The mean times to the first content of streams, and to plain answers; nothing: not measured.
    std::optional<std::chrono::nanoseconds> first_content;
    std::optional<std::chrono::nanoseconds> plain_answer;
    std::uint32_t under_way = 0;  // tries
    std::uint64_t times_out = 0;  // since the start
};

// The calendar time, in UTC, at which the clock shows this one.
std::string calendar_text(Clock::time_point time);

LiveTarget live_target(const route::TargetStates& states, std::size_t id);

// Writes its fields into the object that is open, and returns the writer.
json::PrettyWriter& write_fields(json::PrettyWriter& writer, const LiveTarget& target);

// "provider openai, model gpt-4.1: out of service for 10s, after 5 failures in a row".
std::string change_text(const config::Config& config, const route::TargetName& name,
                        const route::TargetStates::Change& change);

}  // namespace bellwether::report
