// The header lines by which a reply tells about its call: provider, attempts, times, cost. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bellwether::front {

// Who answers, as it is known when the head goes out.
struct Answering {
    std::string_view provider;
    std::string_view model;  // as the provider calls it
    unsigned attempts = 0;
    std::uint64_t generation = 0;        // of the config; 0: not said
    std::string_view tried = {};         // policy::tried_text; empty: there was one attempt
    std::chrono::nanoseconds so_far{0};  // since the call began
    std::chrono::nanoseconds waited{0};  // the part of `so_far` spent waiting for providers
};

// Complete header lines; empty if no provider has been asked.
std::string answering_headers(const Answering& answering);

// A complete header line; empty if the cost is not known. A stream has no such line, because its
// head goes out before the cost is known.
std::string cost_header(std::optional<std::int64_t> cost_micro_usd);

}  // namespace bellwether::front
