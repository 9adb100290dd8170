#include "route/target_states.hpp"

#include <utility>

namespace bellwether::route {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TargetStates::TargetStates(const config::Health& health, std::size_t targets, OnChange on_change)
    : health_(health), on_change_(std::move(on_change)) {
    for (std::size_t i = 0; i < targets; ++i)
        states_.push_back(std::make_shared<TargetState>(health_));
}

void TargetStates::keep(std::size_t id, const TargetStates& before, std::size_t id_before) {
    if (health_ == before.health_) states_[id] = before.states_[id_before];
}

Service TargetStates::service(std::size_t id, Clock::time_point now) const {
    return states_[id]->health.service(now);
}

Clock::time_point TargetStates::out_since(std::size_t id) const {
    return states_[id]->health.out_since();
}

Clock::time_point TargetStates::out_until(std::size_t id) const {
    return states_[id]->health.out_until();
}

std::uint64_t TargetStates::times_out(std::size_t id) const {
    return states_[id]->health.times_out();
}

bool TargetStates::claim_trial(std::size_t id, Clock::time_point now) {
    return states_[id]->health.claim_trial(now);
}

void TargetStates::began(std::size_t id) {
    states_[id]->under_way.fetch_add(1, std::memory_order_relaxed);
}

void TargetStates::ended(std::size_t id, TryEnd end, Clock::time_point began,
                         Clock::time_point now) {
    TargetState& state = *states_[id];
    state.under_way.fetch_sub(1, std::memory_order_relaxed);
    if (!state.was_tried.load(std::memory_order_relaxed)) {
        state.was_tried.store(true, std::memory_order_relaxed);
    }
    if (end == TryEnd::failed) return tell_of_ejection(id, state.health.failed(now));
    if (end == TryEnd::neutral) return;
    const auto out_for = state.health.succeeded(began, now);
    if (out_for && on_change_) {
        on_change_({.id = id, .out = false, .for_ = duration_cast<milliseconds>(*out_for)});
    }
}

void TargetStates::probed(std::size_t id, TryEnd end, Clock::time_point now) {
    TargetHealth& health = states_[id]->health;
    switch (end) {
        case TryEnd::ok: return health.probe_succeeded(now);
        case TryEnd::failed: return tell_of_ejection(id, health.probe_failed(now));
        case TryEnd::neutral: return;
    }
}

void TargetStates::tell_of_ejection(std::size_t id, const std::optional<Ejection>& ejection) const {
    if (!ejection || !on_change_) return;
    on_change_({.id = id,
                .out = true,
                .for_ = ejection->time,
                .failures_in_row = ejection->failures_in_row,
                .error_percent = ejection->error_percent});
}

std::uint32_t TargetStates::under_way(std::size_t id) const {
    return states_[id]->under_way.load(std::memory_order_relaxed);
}

void TargetStates::content_after(std::size_t id, AnswerForm answer, nanoseconds time) {
    states_[id]->times[static_cast<std::size_t>(answer)].add(time);
}

std::optional<nanoseconds> TargetStates::measured(std::size_t id, AnswerForm answer) const {
    return times(id, answer).mean();
}

std::optional<nanoseconds> TargetStates::latency(std::size_t id, AnswerForm answer) const {
    const auto mean = measured(id, answer);
    const bool in_vain = !mean && states_[id]->was_tried.load(std::memory_order_relaxed);
    return in_vain ? nanoseconds::max() : mean;
}

std::optional<nanoseconds> TargetStates::percentile(std::size_t id, AnswerForm answer,
                                                    unsigned percent) const {
    return times(id, answer).percentile(percent);
}

}  // namespace bellwether::route
