#include "tally.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "rules.hpp"

namespace bellwether::simulator {
namespace {

struct Name {
    Happening what;
    std::string_view text;
    std::uint64_t calls;  // in so many it happens, with every seed
};

constexpr Name k_names[] = {
    {Happening::answered, "answered", 2'000},
    {Happening::refused, "refused", 2'000},
    {Happening::broken_off, "broken off", 2'000},
    {Happening::left, "left", 2'000},
    {Happening::tries, "tries", 2'000},
    {Happening::repeats, "repetitions", 2'000},
    {Happening::after_a_pause, "repetitions after a pause", 2'000},
    {Happening::hedges, "hedges", 2'000},
    {Happening::hedges_first, "hedges that lost", 20'000},
    {Happening::hedges_second, "hedges that won", 20'000},
    {Happening::length_chains, "tries for long prompts", 20'000},
    {Happening::filter_chains, "tries for filtered prompts", 20'000},
    {Happening::budget_chains, "tries for spent budgets", 20'000},
    {Happening::over_out, "targets out of service passed over", 2'000},
    {Happening::over_full, "full targets passed over", 20'000},
    {Happening::loyal, "users at home", 20'000},
    {Happening::ejections, "ejections", 2'000},
    {Happening::trials, "trials", 2'000},
    {Happening::returns, "returns", 20'000},
    {Happening::limit_waits, "waits for a limit", 2'000},
    {Happening::upstream_waits, "waits for an upstream", 2'000},
    {Happening::unaffordable, "given up without a budget", 2'000},
    {Happening::not_held, "holds not given", 20'000},
    {Happening::by_default, "tries by default", 2'000},
    {Happening::changed, "changed requests", 2'000},
    {Happening::keys_refused, "keys refused", 2'000},
    {Happening::other_keys, "tries with another key", 20'000},
    {Happening::keys_of_last_resort, "tries with a refused key", 20'000},
    {Happening::continued, "answers continued", 20'000},
    {Happening::given_up, "given up", 2'000},
    {Happening::past_deadline, "past the deadline", 2'000},
};
static_assert(std::size(k_names) == static_cast<std::size_t>(Happening::k_end));

}  // namespace

void Tally::print() const {
    std::string text;
    for (const Name& name : k_names) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", of(name.what), name.text);
    }
    fmt::print("{}\n", text);
    std::fflush(stdout);  // a broken rule does not
}

void Tally::check(std::uint64_t calls) const {
    for (const Name& name : k_names) {
        require(calls < name.calls || of(name.what) > 0,
                fmt::format("there are no {} in {} calls", name.text, calls));
    }
}

}  // namespace bellwether::simulator
