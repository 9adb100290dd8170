// What is known of upstreams is kept across configurations where they leave it as it is.
#include "policy/upstreams/upstreams.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

config::Config config_of(std::vector<std::string> providers) {
    config::Config config;
    for (const auto& name : providers) {
        config::Provider& provider = config.providers.emplace_back();
        provider.name = provider.plugin = name;
        provider.api_keys = {{"api_key", "env:ONE", {}}, {"api_key", "env:TWO", {}}};
    }
    return config;
}

void fall_out(route::TargetStates& targets, std::size_t id) {
    const auto now = Clock::now();
    for (unsigned i = 0; i < config::Health().failures; ++i) {
        targets.began(id);
        targets.ended(id, route::TryEnd::failed, now, now);
    }
}

TEST(UpstreamsKept, FollowTheirProvidersAndTargets) {
    const config::Config first = config_of({"a", "b"});
    const config::Config second = config_of({"new", "b"});
    Upstreams before(first, 3);
    fall_out(before.targets, 2);
    before.credentials.refused({.provider = 1, .credential = 1}, Clock::now(), ErrorKind::auth);
    before.probes[1] = ProbeResult::failed;
    before.limits.count(1, UpstreamLimits::Effect::waited);
    // "b" is the same provider; of its targets the one that was 2 is now 0.
    const Upstreams::Before known{before, {std::nullopt, 1}, {2, std::nullopt}};
    const Upstreams now(second, 2, {}, &known);
    EXPECT_EQ(now.targets.service(0, Clock::now()), route::Service::out);
    EXPECT_EQ(now.targets.service(1, Clock::now()), route::Service::in);
    EXPECT_EQ(now.credentials.state(1, 1).use, CredentialUse::set_aside);
    EXPECT_EQ(now.credentials.state(0, 1).use, CredentialUse::ready);
    EXPECT_EQ(now.probes[1], ProbeResult::failed);
    EXPECT_EQ(now.probes[0], ProbeResult::none_yet);
    EXPECT_EQ(now.limits.counted(1, static_cast<std::size_t>(UpstreamLimits::Effect::waited)), 1U);
}

// A call of the old configuration ends after the new one has begun.
TEST(UpstreamsKept, AreOneWithThoseBefore) {
    const config::Config config = config_of({"a"});
    Upstreams before(config, 1);
    const Upstreams::Before known{before, {0}, {0}};
    const Upstreams now(config, 1, {}, &known);
    fall_out(before.targets, 0);
    EXPECT_EQ(now.targets.service(0, Clock::now()), route::Service::out);
    ASSERT_TRUE(before.retries.take(Clock::now()));
    EXPECT_EQ(now.retries.taken(), 1U);
}

TEST(UpstreamsKept, OtherRulesOfHealthBeginAnew) {
    const config::Config first = config_of({"a"});
    config::Config second = config_of({"a"});
    second.health.failures = 9;
    Upstreams before(first, 1);
    fall_out(before.targets, 0);
    const Upstreams::Before known{before, {0}, {0}};
    EXPECT_EQ(Upstreams(second, 1, {}, &known).targets.service(0, Clock::now()),
              route::Service::in);
}

TEST(UpstreamsKept, AnotherRetryBudgetCountsOn) {
    const config::Config first = config_of({"a"});
    config::Config second = config_of({"a"});
    second.retry_budget.per_second = 0;
    Upstreams before(first, 1);
    ASSERT_TRUE(before.retries.take(Clock::now()));
    before.retries.count_refused();
    const Upstreams::Before known{before, {0}, {0}};
    const Upstreams now(second, 1, {}, &known);
    EXPECT_EQ(now.retries.taken(), 1U);
    EXPECT_EQ(now.retries.refused(), 1U);
    EXPECT_EQ(now.retries.limits(), second.retry_budget);
}

}  // namespace
}  // namespace bellwether::policy
