#include "route/order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <string>

#include "route/target_states.hpp"

namespace bellwether::route {
namespace {

using config::Strategy;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Indexes = std::vector<std::size_t>;

constexpr Clock::time_point k_start{std::chrono::hours(1)};

Indexes order_by(std::vector<Strategy> strategies, std::vector<Contender> contenders,
                 const Draw& draw = {}) {
    return order(contenders, strategies, draw);
}

// How often each contender is first, of so many calls.
std::vector<int> firsts(Strategy strategy, const std::vector<Contender>& contenders,
                        int calls = 20'000) {
    std::mt19937_64 random(7);
    std::vector<int> counts(contenders.size());
    for (int i = 0; i < calls; ++i) {
        const Draw draw{.random = random(), .sticky = random()};
        ++counts[order_by({strategy}, contenders, draw).front()];
    }
    return counts;
}

Contender with_weight(std::uint32_t weight, std::uint64_t identity = 0) {
    return {.weight = weight, .identity = identity};
}
Contender in_tier(std::uint32_t tier) { return {.tier = tier}; }
Contender after(milliseconds latency) { return {.latency = latency}; }
Contender busy(std::uint32_t under_way, std::uint32_t weight = 1) {
    return {.weight = weight, .under_way = under_way};
}
Contender costing(std::optional<std::int64_t> cost) { return {.cost_micro_usd = cost}; }
Contender out_for(int time, Service service = Service::out) {
    return {.service = service, .out_since = k_start - seconds(time)};
}

TEST(Order, OfNothingAndOfOne) {
    EXPECT_EQ(order_by({Strategy::weighted}, {}), Indexes{});
    EXPECT_EQ(order_by({Strategy::weighted}, {with_weight(0)}), Indexes{0});
    EXPECT_EQ(order_by({}, {{}, {}}), (Indexes{0, 1}));
}

TEST(Order, OrderedIsThatOfTheFile) {
    EXPECT_EQ(order_by({Strategy::ordered}, {with_weight(1), with_weight(9), costing(1)}),
              (Indexes{0, 1, 2}));
}

TEST(Order, LowerTiersComeFirstEachWithItsStrategy) {
    std::vector<Contender> contenders = {in_tier(7), in_tier(3), in_tier(3), in_tier(1),
                                         in_tier(7)};
    for (const std::size_t i : {0U, 1U}) contenders[i].cost_micro_usd = 9;
    for (const std::size_t i : {2U, 4U}) contenders[i].cost_micro_usd = 1;
    EXPECT_EQ(order_by({Strategy::ordered}, contenders), (Indexes{3, 1, 2, 0, 4}));
    EXPECT_EQ(order_by({Strategy::cheapest}, contenders), (Indexes{3, 2, 1, 4, 0}));
    EXPECT_EQ(order_by({Strategy::ordered, Strategy::cheapest, Strategy::ordered}, contenders),
              (Indexes{3, 2, 1, 0, 4}));
    EXPECT_EQ(order_by({Strategy::ordered, Strategy::ordered, Strategy::cheapest}, contenders),
              (Indexes{3, 1, 2, 4, 0}));
    EXPECT_EQ(order_by({Strategy::ordered, Strategy::cheapest}, contenders),
              (Indexes{3, 2, 1, 4, 0}))
        << "the last strategy is that of all further tiers";
}

TEST(Order, ATiersStrategyStaysItsOwnWhileALowerTierIsOut) {
    std::vector<Contender> contenders = {out_for(5), in_tier(2), in_tier(2)};
    contenders[1].cost_micro_usd = 9;
    contenders[2].cost_micro_usd = 1;
    EXPECT_EQ(order_by({Strategy::ordered, Strategy::cheapest}, contenders), (Indexes{2, 1, 0}));
}

TEST(Order, WeightsGiveShares) {
    const auto counts =
        firsts(Strategy::weighted, {with_weight(9), with_weight(0), with_weight(1)});
    EXPECT_NEAR(counts[0], 18'000, 200);
    EXPECT_EQ(counts[1], 0);
}

TEST(Order, AfterTheOneDrawnTheOthersFollowByWeight) {
    std::map<std::size_t, Indexes> by_first;
    std::mt19937_64 random(1);
    for (int i = 0; i < 100; ++i) {
        const auto found = order_by(
            {Strategy::weighted}, {with_weight(2), with_weight(0), with_weight(3), with_weight(2)},
            {.random = random()});
        by_first[found.front()] = found;
    }
    EXPECT_EQ(by_first.size(), 3U);
    EXPECT_EQ(by_first[0], (Indexes{0, 2, 3, 1}));
    EXPECT_EQ(by_first[2], (Indexes{2, 0, 3, 1}));
    EXPECT_EQ(by_first[3], (Indexes{3, 2, 0, 1}));
}

TEST(Order, CheapestIsByCostAndThenByTheFile) {
    EXPECT_EQ(order_by({Strategy::cheapest}, {costing(std::nullopt), costing(7), costing(3),
                                              costing(7), costing(std::nullopt), costing(0)}),
              (Indexes{5, 2, 1, 3, 0, 4}));
}

TEST(Order, LeastBusyIsByTriesForEachUnitOfWeight) {
    EXPECT_EQ(
        order_by({Strategy::least_busy}, {busy(3), busy(1), busy(5, 10), busy(0, 0), busy(2)}),
        (Indexes{2, 1, 4, 0, 3}));
}

TEST(Order, OfEquallyBusyOnesChanceDecidesByWeight) {
    const auto counts = firsts(Strategy::least_busy, {busy(0), busy(0, 3), busy(1, 100'000)});
    EXPECT_NEAR(counts[0], 5'000, 200);
    EXPECT_NEAR(counts[1], 15'000, 200);
}

TEST(Order, LeastLatencyMeasuresWhatItDoesNotKnow) {
    EXPECT_EQ(order_by({Strategy::least_latency}, {after(milliseconds(5)), {}, busy(1), {}}),
              (Indexes{1, 3, 0, 2}));
    EXPECT_EQ(order_by({Strategy::least_latency}, {busy(2), busy(1), busy(3)}), (Indexes{1, 0, 2}));
}

TEST(Order, LeastLatencyTakesTheFasterOfTwo) {
    const auto counts =
        firsts(Strategy::least_latency,
               {after(milliseconds(30)), after(milliseconds(10)), after(milliseconds(20))});
    // The fastest one is among two of three in two of three draws, and loses one in 32 of them.
    EXPECT_NEAR(counts[1], 20'000 * 2 / 3 * 31 / 32, 300);
    EXPECT_NEAR(counts[2], 20'000 / 3, 300);
    EXPECT_NEAR(counts[0], 20'000 * 2 / 3 / 32, 100);
}

TEST(Order, LeastLatencyTriesTheOthersByTheirLatency) {
    const std::vector<Contender> contenders = {after(milliseconds(40)), after(milliseconds(10)),
                                               after(milliseconds(30)), after(milliseconds(20))};
    std::mt19937_64 random(3);
    for (int i = 0; i < 100; ++i) {
        const auto found = order_by({Strategy::least_latency}, contenders, {.random = random()});
        const auto latency = [&](std::size_t at) { return *contenders[at].latency; };
        EXPECT_TRUE(std::ranges::is_sorted(found.begin() + 1, found.end(), {}, latency));
    }
}

// Calls that come one after the other, to targets whose first content takes as long as it is told.
class Traffic {
  public:
    explicit Traffic(std::vector<milliseconds> given)
        : latencies(std::move(given)), states_({}, latencies.size()) {}

    // How many of the calls each target got.
    std::vector<int> calls(int count) {
        std::vector<int> counts(latencies.size());
        for (int i = 0; i < count; ++i) ++counts[call()];
        return counts;
    }

    std::vector<milliseconds> latencies;

  private:
    std::size_t call() {
        std::vector<Contender> contenders(latencies.size());
        for (std::size_t id = 0; id < contenders.size(); ++id) {
            contenders[id].latency = states_.latency(id, AnswerForm::plain);
        }
        const auto first =
            order_by({Strategy::least_latency}, contenders, {.random = random_()}).front();
        states_.content_after(first, AnswerForm::plain, latencies[first]);
        return first;
    }

    TargetStates states_;
    std::mt19937_64 random_{5};
};

TEST(Order, LeastLatencySendsNineOfTenCallsToTheFasterOne) {
    Traffic traffic({milliseconds(100), milliseconds(20)});
    EXPECT_GE(traffic.calls(200)[1], 180);
    traffic.latencies = {milliseconds(20), milliseconds(100)};
    traffic.calls(200);  // in which it notices
    EXPECT_GE(traffic.calls(200)[0], 180);
    traffic.latencies = {milliseconds(500), milliseconds(100)};
    EXPECT_GE(traffic.calls(200)[1], 180) << "what gets slower is noticed by its own calls";
}

constexpr std::uint64_t k_callers = 20'000;

// Which of the contenders, by their identity, serves each caller.
std::vector<std::uint64_t> served_by(const std::vector<Contender>& contenders) {
    std::vector<std::uint64_t> served;
    for (std::uint64_t i = 0; i < k_callers; ++i) {
        const auto found =
            order_by({Strategy::sticky}, contenders,
                     {.random = i, .sticky = hash_of("caller " + std::to_string(i))});
        served.push_back(contenders[found.front()].identity);
    }
    return served;
}

std::vector<Contender> sticky_targets(std::size_t count) {
    std::vector<Contender> contenders;
    for (std::size_t i = 0; i < count; ++i) {
        contenders.push_back(with_weight(1, hash_of("target " + std::to_string(i))));
    }
    return contenders;
}

TEST(Order, StickyServesACallerAtTheSameTarget) {
    auto contenders = sticky_targets(5);
    const auto before = served_by(contenders);
    std::ranges::reverse(contenders);
    EXPECT_EQ(served_by(contenders), before) << "wherever it stands in the file";
}

TEST(Order, StickyMovesOnlyTheShareOfATargetThatLeaves) {
    for (const std::size_t count : {2U, 5U, 10U}) {
        auto contenders = sticky_targets(count);
        const auto before = served_by(contenders);
        const auto gone = contenders[1].identity;
        contenders.erase(contenders.begin() + 1);
        const auto after = served_by(contenders);
        std::size_t moved = 0;
        for (std::size_t i = 0; i < k_callers; ++i) {
            if (before[i] != after[i]) ++moved;
            EXPECT_TRUE(before[i] == after[i] || before[i] == gone);
        }
        const double share = static_cast<double>(k_callers) / static_cast<double>(count);
        EXPECT_NEAR(static_cast<double>(moved), share, 0.05 * share);
    }
}

TEST(Order, AStickyTargetThatIsOutMovesOnlyItsShare) {
    auto contenders = sticky_targets(4);
    const auto before = served_by(contenders);
    contenders[2].service = Service::out;
    const auto after = served_by(contenders);
    for (std::size_t i = 0; i < k_callers; ++i) {
        EXPECT_EQ(before[i] == after[i], before[i] != contenders[2].identity);
    }
}

TEST(Order, StickySharesFollowTheWeights) {
    const auto counts = firsts(
        Strategy::sticky,
        {with_weight(1, hash_of("a")), with_weight(3, hash_of("b")), with_weight(0, hash_of("c"))});
    EXPECT_NEAR(counts[0], 5'000, 200);
    EXPECT_EQ(counts[2], 0);
}

TEST(Order, ThoseOutOfServiceComeLast) {
    EXPECT_EQ(order_by({Strategy::ordered}, {out_for(5), {}, out_for(9), {}}),
              (Indexes{1, 3, 2, 0}));
    EXPECT_EQ(order_by({Strategy::ordered}, {out_for(5), in_tier(9)}), (Indexes{1, 0}))
        << "whatever their tiers";
}

TEST(Order, OneWhoseTrialIsDueStandsWhereItStood) {
    EXPECT_EQ(order_by({Strategy::ordered}, {out_for(20, Service::trial_due), out_for(10), {}, {}}),
              (Indexes{0, 2, 3, 1}));
}

std::vector<Service> services(std::vector<Contender> contenders) {
    const Strategy ordered[] = {Strategy::ordered};
    order(contenders, ordered, {});
    std::vector<Service> services;
    for (const auto& contender : contenders) services.push_back(contender.service);
    return services;
}

TEST(Order, AtMostHalfStayOutThoseWhoHaveBeenOutTheLongest) {
    using enum Service;
    EXPECT_EQ(services({out_for(1)}), std::vector{in});
    EXPECT_EQ(services({out_for(1), out_for(2)}), (std::vector{in, out}));
    EXPECT_EQ(services({out_for(2), out_for(1)}), (std::vector{out, in}));
    EXPECT_EQ(services({out_for(3), out_for(1), out_for(2)}), (std::vector{out, in, in}));
    EXPECT_EQ(services({{}, out_for(1), out_for(2)}), (std::vector{in, in, out}));
    EXPECT_EQ(services({out_for(9, trial_due), out_for(1)}), (std::vector{trial_due, in}));
    EXPECT_EQ(services({out_for(1, trial_due), out_for(9)}), (std::vector{in, out}));
}

// Whatever is out and whatever the strategy: everything is tried once, no more than half is out,
// and whatever is out is tried after everything else.
TEST(Order, HoldsItsPromisesForAnyContenders) {
    std::mt19937_64 random(11);
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    for (int round = 0; round < 20'000; ++round) {
        std::vector<Contender> contenders(below(12));
        for (auto& contender : contenders) {
            contender = {.tier = static_cast<std::uint32_t>(below(3)),
                         .weight = static_cast<std::uint32_t>(below(3)),
                         .service = static_cast<Service>(below(3)),
                         .out_since = k_start + seconds(below(5)),
                         .under_way = static_cast<std::uint32_t>(below(3)),
                         .identity = below(4)};
            if (below(2) == 0) contender.latency = milliseconds(below(4));
            if (below(2) == 0) contender.cost_micro_usd = static_cast<std::int64_t>(below(4));
        }
        std::vector<Strategy> strategies;
        for (auto i = below(3); i < 3; ++i) strategies.push_back(static_cast<Strategy>(below(6)));
        auto found = order(contenders, strategies, {.random = random(), .sticky = random()});
        const auto is_out = [&](std::size_t i) { return contenders[i].service == Service::out; };
        ASSERT_LE(std::ranges::count_if(contenders,
                                        [](const auto& c) { return c.service != Service::in; }),
                  contenders.size() / 2);
        ASSERT_TRUE(std::ranges::is_partitioned(found, std::not_fn(is_out)));
        std::ranges::sort(found);
        ASSERT_EQ(found.size(), contenders.size());
        for (std::size_t i = 0; i < found.size(); ++i) ASSERT_EQ(found[i], i);
    }
}

// Several hosts send a caller to the same target, so a hash must not change from one to the other.
TEST(Hash, IsTheSameEverywhere) {
    EXPECT_EQ(hash_of(""), 0x48218226ff3cd4bfU);
    EXPECT_EQ(hash_of("qwen-max"), 0x78c0538090d3a83U);
    EXPECT_EQ(hash_of("a prompt of more than eight bytes", 42), 0x72f0b07d742dd27bU);
}

TEST(Hash, TellsTextsApart) {
    std::vector<std::uint64_t> hashes;
    for (const auto* text : {"", "a", "b", "ab", "ba", "abcdefgh", "abcdefghi", "\xff"}) {
        hashes.push_back(hash_of(text));
        hashes.push_back(hash_of(text, 1));
    }
    hashes.push_back(hash_of(std::string_view("\0", 1)));
    hashes.push_back(hash_of(std::string_view("abcdefgh\0", 9)));
    std::ranges::sort(hashes);
    EXPECT_EQ(std::ranges::adjacent_find(hashes), hashes.end());
}

}  // namespace
}  // namespace bellwether::route
