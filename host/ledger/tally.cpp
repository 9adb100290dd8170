#include "ledger/tally.hpp"

#include <functional>
#include <utility>

namespace bellwether::ledger {
namespace {

// A sweep forgets a budget only an hour after it has found its window over, as a clock that ran
// ahead may be set back into that window.
constexpr std::int64_t k_window_idle_us = 3'600'000'000;
constexpr std::int64_t k_other_idle_us = 60'000'000;

bool is_idle(const Tally& tally, const Times& times) {
    if (tally.calls > 0) return false;
    switch (tally.measure) {
        case Measure::budget: return is_over(tally.window, times.now_us);
        case Measure::rate: return tally.rate.full_ns <= times.rate_ns;
        case Measure::concurrency: return true;
    }
    return false;
}

bool counts_nothing(const Tally& tally, const Times& times) {
    const bool unused = tally.measure == Measure::budget && tally.calls == 0 && tally.used == 0;
    return unused || is_idle(tally, times);
}

// Whether the tally has been idle for so long that it can be removed.
bool is_stale(Tally& tally, const Times& times) {
    if (!is_idle(tally, times)) {
        tally.idle_since_us = 0;
        return false;
    }
    if (tally.idle_since_us == 0 || tally.idle_since_us > times.now_us) {
        tally.idle_since_us = times.now_us;
        return false;
    }
    const auto idle_us = times.now_us - tally.idle_since_us;
    return idle_us >= (tally.measure == Measure::budget ? k_window_idle_us : k_other_idle_us);
}

}  // namespace

std::size_t counter_hash(Measure measure, const CounterName& name) {
    const std::hash<std::string_view> hash;
    constexpr std::size_t k_odd = 0x9e3779b97f4a7c15;
    return (hash(name.rule) * k_odd ^ hash(name.value)) + static_cast<std::size_t>(measure);
}

bool is_over(const Window& window, std::int64_t now_us) {
    return window.end != 0 && window.end <= now_us / 1'000'000;
}

TallyPointer TallyTable::find(const Claim& claim, std::size_t hash) const {
    const auto found = tallies_.find(TallyKey{claim.measure, claim.counter, hash});
    return found == tallies_.end() ? nullptr : *found;
}

void TallyTable::insert(TallyPointer tally) { tallies_.insert(std::move(tally)); }

void TallyTable::erase(const TallyPointer& tally) {
    tally->current = false;
    tallies_.erase(tally);
}

std::vector<TallyPointer> TallyTable::sweep(std::size_t buckets, const Times& times) {
    return take_out(buckets, [&](Tally& tally) { return is_stale(tally, times); });
}

std::vector<TallyPointer> TallyTable::make_room(std::size_t buckets, const Times& times) {
    return take_out(buckets, [&](const Tally& tally) { return counts_nothing(tally, times); });
}

template <typename Condition>
std::vector<TallyPointer> TallyTable::take_out(std::size_t buckets, Condition can_go) {
    std::vector<TallyPointer> gone;
    for (; buckets > 0; --buckets) {
        if (++next_bucket_ >= tallies_.bucket_count()) next_bucket_ = 0;
        for (auto at = tallies_.begin(next_bucket_); at != tallies_.end(next_bucket_); ++at) {
            if (can_go(**at)) gone.push_back(*at);
        }
    }
    for (const auto& tally : gone) erase(tally);
    return gone;
}

}  // namespace bellwether::ledger
