#include "route/order.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

namespace bellwether::route {
namespace {

using config::Strategy;
using std::chrono::nanoseconds;
using Contenders = std::span<Contender>;
using Run = std::span<std::size_t>;  // indexes of the contenders of one tier that may be tried

// One call in so many takes the slower one of two targets, to learn whether it has got faster.
constexpr std::uint64_t k_slower_one_in = 32;

constexpr double k_last = std::numeric_limits<double>::infinity();

// Spreads the bits of a number over all 64 (the last step of SplitMix64).
std::uint64_t spread(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
    return x ^ (x >> 31);
}

// Makes as many random numbers of one as are wanted (SplitMix64).
class Chance {
  public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() { return spread(state_ += 0x9e3779b97f4a7c15U); }

  private:
    std::uint64_t state_;
};

// The lowest one of such scores falls to a contender in proportion to its weight, and a change of
// the others changes no score of its own. `bits` are random or a hash.
double score(std::uint64_t bits, std::uint32_t weight) {
    if (weight == 0) return k_last;
    const double share = (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;  // between 0 and 1
    return -std::log(share) / weight;
}

// Equal ones stay in the order of the file.
template <typename Key>
void sort_by(Run run, Key key) {
    std::ranges::sort(run, {}, [&key](std::size_t i) { return std::pair(key(i), i); });
}

void move_to_front(Run run, std::size_t at) {
    const auto chosen = run.begin() + static_cast<std::ptrdiff_t>(at);
    std::rotate(run.begin(), chosen, chosen + 1);
}

// The one on which the random number falls is first; the others follow by their weights.
void by_weight(Run run, Contenders contenders, Chance& chance) {
    std::uint64_t total = 0;
    for (const auto i : run) total += contenders[i].weight;
    if (total == 0) return;
    std::uint64_t ticket = chance.next() % total;
    std::size_t chosen = 0;
    while (ticket >= contenders[run[chosen]].weight) ticket -= contenders[run[chosen++]].weight;
    move_to_front(run, chosen);
    sort_by(run.subspan(1), [&](std::size_t i) {
        return std::numeric_limits<std::uint32_t>::max() - contenders[i].weight;
    });
}

// One that was never measured is measured, by one call at a time while others can be asked.
void by_latency(Run run, Contenders contenders, Chance& chance) {
    enum : int { unmeasured, measured, being_measured };
    const auto group = [&](std::size_t i) {
        if (contenders[i].latency) return measured;
        return contenders[i].under_way == 0 ? unmeasured : being_measured;
    };
    sort_by(run, [&](std::size_t i) {
        const auto latency = contenders[i].latency.value_or(nanoseconds(contenders[i].under_way));
        return std::pair(group(i), latency);
    });
    const auto first = std::ranges::find(run, measured, group);
    const auto count = static_cast<std::size_t>(std::ranges::count(run, measured, group));
    if (count < 2 || first != run.begin()) return;
    const std::size_t one = chance.next() % count;
    std::size_t other = chance.next() % (count - 1);
    if (other >= one) ++other;
    const auto [faster, slower] = std::minmax(one, other);
    move_to_front(run, chance.next() % k_slower_one_in == 0 ? slower : faster);
}

// The tries under way for each unit of weight; of equal ones chance decides, in proportion to their
// weights.
void by_load(Run run, Contenders contenders, Chance& chance) {
    std::vector<std::pair<double, double>> keys(contenders.size());
    for (const auto i : run) {
        const auto [weight, under_way] = std::pair(contenders[i].weight, contenders[i].under_way);
        keys[i] = {weight == 0 ? k_last : static_cast<double>(under_way) / weight,
                   score(chance.next(), weight)};
    }
    sort_by(run, [&](std::size_t i) { return keys[i]; });
}

void by_cost(Run run, Contenders contenders) {
    sort_by(run, [&](std::size_t i) {
        return contenders[i].cost_micro_usd.value_or(std::numeric_limits<std::int64_t>::max());
    });
}

// Rendezvous hashing: each pair of a caller and a target has a score, and the best one serves.
void by_rendezvous(Run run, Contenders contenders, std::uint64_t sticky) {
    std::vector<double> scores(contenders.size());
    for (const auto i : run) {
        const Contender& contender = contenders[i];
        scores[i] = score(spread(sticky ^ spread(contender.identity)), contender.weight);
    }
    sort_by(run, [&](std::size_t i) { return scores[i]; });
}

void arrange(Run run, Contenders contenders, Strategy strategy, std::uint64_t sticky,
             Chance& chance) {
    if (run.size() < 2) return;
    switch (strategy) {
        case Strategy::ordered: return;
        case Strategy::weighted: return by_weight(run, contenders, chance);
        case Strategy::least_latency: return by_latency(run, contenders, chance);
        case Strategy::least_busy: return by_load(run, contenders, chance);
        case Strategy::cheapest: return by_cost(run, contenders);
        case Strategy::sticky: return by_rendezvous(run, contenders, sticky);
    }
}

Strategy strategy_of(std::uint32_t tier, Contenders contenders,
                     std::span<const Strategy> strategies) {
    if (strategies.empty()) return Strategy::ordered;
    if (strategies.size() == 1) return strategies.front();
    std::set<std::uint32_t> lower;
    for (const auto& contender : contenders) {
        if (contender.tier < tier) lower.insert(contender.tier);
    }
    return strategies[std::min(lower.size(), strategies.size() - 1)];
}

void keep_half_in_service(Contenders contenders) {
    std::vector<std::size_t> ejected;
    for (std::size_t i = 0; i < contenders.size(); ++i) {
        if (contenders[i].service != Service::in) ejected.push_back(i);
    }
    if (ejected.size() <= contenders.size() / 2) return;
    sort_by(ejected, [&](std::size_t i) { return contenders[i].out_since; });
    for (const auto i : std::span(ejected).subspan(contenders.size() / 2)) {
        contenders[i].service = Service::in;
    }
}

}  // namespace

std::vector<std::size_t> order(std::span<Contender> contenders,
                               std::span<const config::Strategy> strategies, const Draw& draw) {
    keep_half_in_service(contenders);
    std::vector<std::size_t> indexes(contenders.size());
    std::iota(indexes.begin(), indexes.end(), std::size_t{0});
    if (contenders.size() < 2) return indexes;
    sort_by(indexes, [&](std::size_t i) {
        const Contender& contender = contenders[i];
        return contender.service == Service::out
                   ? std::tuple(true, std::uint32_t{0}, contender.out_since)
                   : std::tuple(false, contender.tier, Clock::time_point());
    });
    Chance chance(draw.random);
    Run rest = indexes;
    while (!rest.empty() && contenders[rest.front()].service != Service::out) {
        const auto tier = contenders[rest.front()].tier;
        const auto size = static_cast<std::size_t>(std::ranges::count_if(rest, [&](std::size_t i) {
            return contenders[i].service != Service::out && contenders[i].tier == tier;
        }));
        arrange(rest.first(size), contenders, strategy_of(tier, contenders, strategies),
                draw.sticky, chance);
        rest = rest.subspan(size);
    }
    return indexes;
}

// Takes eight bytes at a time, the first one lowest.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
    std::uint64_t hash = spread(seed + text.size() + 0x9e3779b97f4a7c15U);
    for (std::size_t at = 0; at < text.size(); at += 8) {
        std::uint64_t block = 0;
        std::memcpy(&block, text.data() + at, std::min<std::size_t>(text.size() - at, 8));
        if constexpr (std::endian::native == std::endian::big) block = std::byteswap(block);
        hash = (hash ^ block) * 0xd6e8feb86659fd93U;
        hash ^= hash >> 32;
    }
    return spread(hash);
}

}  // namespace bellwether::route
