// Runs the host's own policy, attempts and calls through many hours of calls in seconds: on one
// thread, on a clock that is moved, over a wire and a ledger that fail by chance.
//
//   simulate [--seed NUMBER] [--calls NUMBER]
//   simulate --storm [--seed NUMBER]
//
// The seed decides everything. Exit code 1: a rule was broken; it says which, and how to see it
// again.
#include <fmt/format.h>

#include <cstdlib>
#include <random>
#include <span>
#include <string_view>

#include "observe/log.hpp"
#include "rules.hpp"
#include "world.hpp"

namespace bellwether::simulator {
namespace {

constexpr const char* k_models[] = {
    "all",  "narrow", "spread", "dear",  "local",       "nowhere", "fast",
    "idle", "cheap",  "loyal",  "tiers", "hedged",      "late",    "long",
    "poor", "eager",  "once",   "keyed", "keyed-alone", "resumed", "resumed-alone"};
constexpr Plan k_hours{.file = BELLWETHER_SIMULATOR "/simulated.toml", .models = k_models};

// An upstream that refuses everything for a minute, in which 200 calls a second come.
constexpr const char* k_storm_models[] = {"one"};
constexpr Plan k_storm{.file = BELLWETHER_SIMULATOR "/storm.toml",
                       .models = k_storm_models,
                       .sky = Sky::refusing,
                       .gap = std::chrono::milliseconds(5),
                       .is_wild = false,
                       .is_reloaded = false};
constexpr std::uint64_t k_storm_seconds = 60;
constexpr std::uint64_t k_storm_calls = 200 * k_storm_seconds;

struct Options {
    std::uint64_t seed = std::random_device{}();
    std::uint64_t calls = 20'000;
    bool storm = false;
};

Options parse(std::span<char*> words) {
    Options options;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "--storm") options.storm = true;
        if (i + 1 == words.size()) break;
        const std::uint64_t number = std::strtoull(words[i + 1], nullptr, 10);
        if (word == "--seed") options.seed = number;
        if (word == "--calls") options.calls = number;
    }
    return options;
}

void run_hours(const Options& options) {
    World world(k_hours, options.seed, options.calls);
    world.run();
    world.referee().tally().print();
    world.referee().tally().check(options.calls);
}

// Each call has its first try. Beyond these there are no more tries than the retry budget allows
// if the file does not say: 20 % of the calls, and 10 for each second of the storm and of the
// twenty after it. In the first 14 of these the last calls are repeated, after pauses of up to 2, 4
// and 8 s, and the budget looks at ten seconds at once.
void run_storm(const Options& options) {
    World world(k_storm, options.seed, k_storm_calls);
    world.run();
    const std::uint64_t untried = world.referee().untried();
    require(untried == 0, fmt::format("{} calls had no try", untried));
    const std::uint64_t most = k_storm_calls * 120 / 100 + 10 * (k_storm_seconds + 20);
    fmt::print("{} requests to the upstream, and {} are allowed\n", world.requests(), most);
    require(world.requests() <= most, "a storm of repetitions");
    require(world.requests() > k_storm_calls, "calls are repeated");
}

}  // namespace
}  // namespace bellwether::simulator

int main(int count, char** words) {
    using namespace bellwether::simulator;
    const Options options = parse({words, static_cast<std::size_t>(count)});
    command_again = fmt::format("{} --seed {} ", words[0], options.seed) +
                    (options.storm ? "--storm" : fmt::format("--calls {}", options.calls));
    fmt::print("seed {}\n", options.seed);
    std::fflush(stdout);
    bellwether::observe::configure(bellwether::LogLevel::error, bellwether::observe::Format::text,
                                   false);
    options.storm ? run_storm(options) : run_hours(options);
    return 0;
}
