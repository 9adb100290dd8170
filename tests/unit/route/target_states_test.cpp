#include "route/target_states.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace bellwether::route {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Clock::time_point k_start{std::chrono::hours(1)};
constexpr config::Health k_health{.failures = 3, .error_percent = 50, .first = seconds(10)};

void fall_out(TargetStates& states, std::size_t id, Clock::time_point now) {
    for (int i = 0; i < 3; ++i) {
        states.began(id);
        states.ended(id, TryEnd::failed, now, now);
    }
}

TEST(TargetStates, KeepsTheTargetsApart) {
    TargetStates states(k_health, 2);
    fall_out(states, 1, k_start);
    states.content_after(0, AnswerForm::plain, milliseconds(5));
    EXPECT_EQ(states.service(0, k_start), Service::in);
    EXPECT_EQ(states.service(1, k_start), Service::out);
    EXPECT_EQ(states.times_out(1), 1U);
    EXPECT_EQ(states.out_until(1), k_start + seconds(10));
    EXPECT_TRUE((states.service(1, k_start + seconds(10)) != Service::in))
        << "until a trial has succeeded";
    EXPECT_FALSE((states.service(0, k_start) != Service::in));
    EXPECT_EQ(states.latency(0, AnswerForm::plain), milliseconds(5));
    EXPECT_EQ(states.latency(1, AnswerForm::plain), std::chrono::nanoseconds::max()) << "in vain";
}

TEST(TargetStates, CountsTheTriesUnderWay) {
    TargetStates states(k_health, 1);
    for (int i = 0; i < 3; ++i) states.began(0);
    EXPECT_EQ(states.under_way(0), 3U);
    states.ended(0, TryEnd::ok, k_start, k_start);
    states.ended(0, TryEnd::failed, k_start, k_start);
    states.ended(0, TryEnd::neutral, k_start, k_start);
    EXPECT_EQ(states.under_way(0), 0U);
}

TEST(TargetStates, NeutralEndsChangeNothing) {
    TargetStates states(k_health, 1);
    for (int i = 0; i < 100; ++i) states.ended(0, TryEnd::neutral, k_start, k_start);
    EXPECT_EQ(states.service(0, k_start), Service::in);
    fall_out(states, 0, k_start);
    states.ended(0, TryEnd::neutral, k_start, k_start);
    EXPECT_EQ(states.service(0, k_start), Service::out);
}

TEST(TargetStates, TellsEachChangeOnce) {
    std::vector<TargetStates::Change> changes;
    TargetStates states(k_health, 2, [&](const auto& change) { changes.push_back(change); });
    fall_out(states, 1, k_start);
    fall_out(states, 1, k_start + seconds(1));   // still out
    fall_out(states, 1, k_start + seconds(12));  // out again
    states.ended(1, TryEnd::ok, k_start + seconds(15), k_start + seconds(15));
    states.ended(1, TryEnd::ok, k_start + seconds(16), k_start + seconds(16));
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes[0].id, 1U);
    EXPECT_TRUE(changes[0].out);
    EXPECT_EQ(changes[0].for_, seconds(10));
    EXPECT_EQ(changes[0].failures_in_row, 3U);
    EXPECT_FALSE(changes[1].out);
    EXPECT_EQ(changes[1].for_, seconds(15));
}

TEST(TargetStates, ProbesAreNoTries) {
    std::vector<TargetStates::Change> changes;
    TargetStates states(k_health, 2, [&](const auto& change) { changes.push_back(change); });
    for (int i = 0; i < 3; ++i) states.probed(1, TryEnd::failed, k_start);
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_TRUE(changes[0].out);
    EXPECT_EQ(changes[0].id, 1U);
    EXPECT_EQ(changes[0].failures_in_row, 3U);
    states.probed(1, TryEnd::neutral, k_start);
    EXPECT_EQ(states.service(1, k_start), Service::out);
    states.probed(1, TryEnd::ok, k_start);
    EXPECT_EQ(states.service(1, k_start), Service::trial_due);
    EXPECT_EQ(changes.size(), 1U) << "it is not back yet";
    EXPECT_EQ(states.service(0, k_start), Service::in);
    EXPECT_EQ(states.under_way(1), 0U);
    EXPECT_FALSE(states.latency(1, AnswerForm::plain)) << "nobody tried it";
}

// The listener may look at the states: no lock is held.
TEST(TargetStates, AListenerMayAsk) {
    Service seen = Service::in;
    const TargetStates* states_seen = nullptr;
    TargetStates states(
        k_health, 1, [&](const auto& change) { seen = states_seen->service(change.id, k_start); });
    states_seen = &states;
    fall_out(states, 0, k_start);
    EXPECT_EQ(seen, Service::out);
}

constexpr int k_threads = 4;

template <typename Work>
void on_threads(Work work) {
    std::vector<std::thread> threads;
    for (int i = 0; i < k_threads; ++i) threads.emplace_back(work, i);
    for (auto& thread : threads) thread.join();
}

// Exactly one call tries a target whose time is over, however many ask at once.
TEST(TargetStates, OneOfManyThreadsClaimsTheTrial) {
    TargetStates states(k_health, 1);
    fall_out(states, 0, k_start);
    constexpr int k_periods = 500;
    std::atomic<int> claims = 0;
    std::barrier together(k_threads);
    on_threads([&](int) {
        for (int period = 1; period <= k_periods; ++period) {
            together.arrive_and_wait();
            if (states.claim_trial(0, k_start + period * seconds(10))) ++claims;
        }
    });
    EXPECT_EQ(claims, k_periods);
    EXPECT_EQ(states.out_until(0), k_start + (k_periods + 1) * seconds(10));
}

// For ThreadSanitizer, too: everything at once, and nothing is lost.
TEST(TargetStates, ManyThreadsUseIt) {
    std::atomic<int> balance = 0;
    TargetStates states(k_health, 2, [&](const auto& change) { balance += change.out ? 1 : -1; });
    on_threads([&](int thread) {
        for (int i = 0; i < 5'000; ++i) {
            const auto id = static_cast<std::size_t>(i % 2);
            const auto now = k_start + i * milliseconds(10);
            states.began(id);
            states.content_after(id, AnswerForm::plain, milliseconds(1 + i % 50));
            states.claim_trial(id, now);
            const bool fails = (i / 100 + thread) % 3 == 0;
            states.ended(id, fails ? TryEnd::failed : TryEnd::ok, now, now);
            if (states.service(id, now) == Service::in) continue;
            EXPECT_GE(states.out_since(id), k_start);
        }
    });
    for (const std::size_t id : {0U, 1U}) {
        EXPECT_EQ(states.under_way(id), 0U);
        EXPECT_TRUE(states.percentile(id, AnswerForm::plain, 95));
    }
    const auto now = k_start + seconds(50);
    EXPECT_EQ(balance, static_cast<int>((states.service(0, now) != Service::in)) +
                           static_cast<int>((states.service(1, now) != Service::in)));
}

}  // namespace
}  // namespace bellwether::route
