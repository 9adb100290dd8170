// What a reply's head says of the call that it answers: complete lines. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bw::front {

// Who answers, as it is known when the head goes out.
struct Answering {
    std::string_view provider;
    std::string_view model;  // as the provider calls it
    unsigned attempts = 0;
    std::chrono::nanoseconds so_far{0};  // since the call began
    std::chrono::nanoseconds waited{0};  // of that: for the providers asked
};

// Empty if nobody has been asked.
std::string answering_headers(const Answering& answering);

// Empty if the cost is not known. A stream has none: its head goes out before anyone knows.
std::string cost_header(std::optional<std::int64_t> cost_micro_usd);

}  // namespace bw::front
