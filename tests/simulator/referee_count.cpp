// What the referee counts of a run, beside the rules that it holds the host to.
#include "referee.hpp"

namespace bellwether::simulator {

using route::Chain;

void Referee::count_try(const Watched& call, std::size_t at, std::size_t key) {
    const Stand& stand = call.stands[at];
    const std::size_t id = stand.target.id;
    const auto now = Clock::now();
    tally_.count(Happening::tries);
    if (call.route->is_default) tally_.count(Happening::by_default);
    if (is_repetition(call, at, key)) {
        tally_.count(Happening::repeats);
        if (call.tries.back().ended < now) tally_.count(Happening::after_a_pause);
    }
    switch (stand.target.chain) {
        case Chain::none: break;
        case Chain::context_length: tally_.count(Happening::length_chains); break;
        case Chain::content_filter: tally_.count(Happening::filter_chains); break;
        case Chain::budget: tally_.count(Happening::budget_chains); break;
    }
    // Whose time out of service was over when last looked at, and has begun again with the trial.
    const bool was_due = seen_[id].service != route::Service::in && seen_[id].out_until <= now;
    if (was_due && upstreams_.targets.out_until(id) > now) tally_.count(Happening::trials);
}

void Referee::count_first(const Watched& call, std::size_t stand) {
    for (const Stand& passed : std::span(call.stands).first(stand)) {
        if (!passed.in_service) return tally_.count(Happening::over_out);
        if (!passed.has_room) return tally_.count(Happening::over_full);
    }
}

void Referee::count_end(const Watched& call) {
    const auto now = Clock::now();
    if (now >= call.deadline) tally_.count(Happening::past_deadline);
    if (call.tries.empty()) return;
    tally_.count(Happening::given_up);
    const bool spent = upstreams_.retries.repeats(now) == policy::Repeats::spent;
    if (spent) tally_.count(Happening::unaffordable);
}

void Referee::count_target(std::size_t id) {
    const Seen now{.service = upstreams_.targets.service(id, Clock::now()),
                   .out_until = upstreams_.targets.out_until(id)};
    const bool was_in = seen_[id].service == route::Service::in;
    if (!was_in && now.service == route::Service::in) tally_.count(Happening::returns);
    seen_[id] = now;
}

void Referee::count_waiting() {
    for (const auto& [limit, count] : waiting_) {
        if (*count == 0) continue;
        tally_.count(limit.starts_with("providers.") ? Happening::upstream_waits
                                                     : Happening::limit_waits);
    }
}

}  // namespace bellwether::simulator
