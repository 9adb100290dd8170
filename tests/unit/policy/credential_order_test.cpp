// Puts the credentials of one provider in the order in which they are tried.
#include "policy/admission/credential_order.hpp"

#include <gtest/gtest.h>

#include "bearer.hpp"

#include <map>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

using Outlooks = std::map<std::size_t, CredentialOutlook>;  // by the number of the credential

constexpr CredentialState k_set_aside{.use = CredentialUse::set_aside};
constexpr CredentialState k_missing{.use = CredentialUse::missing};

CredentialState aside_until(Clock::time_point until) {
    return {.use = CredentialUse::set_aside, .until = until};
}

// The credentials in the order in which they are tried, each with its provider and, if it is a last
// resort, a question mark. The provider "a" has three, "b" has one.
std::string tried(std::vector<route::Candidate> candidates, const Outlooks& outlooks,
                  std::uint64_t random = 0) {
    std::vector<Prospect> prospects;
    for (auto& candidate : candidates) prospects.push_back({.provider = {}, .target = candidate});
    expand(
        prospects, [](std::size_t provider) { return provider == 0 ? 3U : 1U; },
        [&](const route::Candidate& candidate) {
            const auto found = outlooks.find(candidate.credential);
            return found == outlooks.end() ? CredentialOutlook{} : found->second;
        },
        random);
    std::string order;
    for (const Prospect& one : prospects) {
        if (!order.empty()) order += ' ';
        order += static_cast<char>('a' + one.target.provider);
        order += std::to_string(one.target.credential);
        if (one.target.last_resort) order += '?';
    }
    return order;
}

const route::Candidate k_a{.provider = 0, .model = "m"};
const route::Candidate k_b{.provider = 1, .model = "n"};

TEST(ExpandCredentials, StandInPlaceOfTheirCandidate) {
    EXPECT_EQ(tried({k_b, k_a}, {}), "b0 a0 a1 a2");
    EXPECT_EQ(tried({k_a, k_b, k_a}, {}), "a0 a1 a2 b0 a0 a1 a2");
    EXPECT_EQ(tried({k_b}, {{0, {.state = k_set_aside}}}), "b0")
        << "a single one is used whatever was said of it";
}

TEST(ExpandCredentials, ThoseThatAreAlikeTakeTurnsByChance) {
    EXPECT_EQ(tried({k_a}, {}, 0), "a0 a1 a2");
    EXPECT_EQ(tried({k_a}, {}, 1), "a1 a2 a0");
    EXPECT_EQ(tried({k_a}, {}, 5), "a2 a0 a1");
}

TEST(ExpandCredentials, TheOneWithMostLeftOfItsLimitsIsFirst) {
    const Outlooks outlooks{{0, {.share_left = 0.2}}, {1, {.share_left = 0.7}}};
    EXPECT_EQ(tried({k_a}, outlooks), "a2 a1 a0") << "an unknown limit counts as untouched";
    EXPECT_EQ(tried({k_a}, outlooks, 1), "a2 a1 a0") << "chance decides only between equals";
}

TEST(ExpandCredentials, OnesWithoutRoomComeAfterThoseWithRoom) {
    const Outlooks outlooks{{0, {.wait = 5s}}, {1, {.wait = 2s}}, {2, {.share_left = 0.01}}};
    EXPECT_EQ(tried({k_a}, outlooks), "a2 a1 a0");
}

TEST(ExpandCredentials, ThoseSetAsideAreTheLastResortOfAllTargets) {
    const Outlooks outlooks{{0, {.state = aside_until(Clock::time_point(9s))}},
                            {1, {.state = aside_until(Clock::time_point(3s))}}};
    EXPECT_EQ(tried({k_a, k_b}, outlooks), "a2 b0 a1? a0?");
}

TEST(ExpandCredentials, ALastResortComesBeforeTheTargetsOfAChain) {
    route::Candidate longer = k_b;
    longer.chain = route::Chain::context_length;
    EXPECT_EQ(tried({k_a, longer}, {{0, {.state = k_set_aside}}}), "a1 a2 a0? b0");
}

TEST(ExpandCredentials, OneThatIsMissingIsNeverTried) {
    EXPECT_EQ(tried({k_a}, {{1, {.state = k_missing}}}), "a0 a2");
    EXPECT_EQ(
        tried({k_a},
              {{0, {.state = k_missing}}, {1, {.state = k_missing}}, {2, {.state = k_missing}}}),
        "a0")
        << "the provider itself says why it cannot serve";
}

// Three credentials of which the upstream has said different things.
TEST(ExpandCredentials, GoesByWhatIsKnownOfTheUpstream) {
    config::Config config;
    config.providers.resize(1);
    config.providers[0].api_keys = {
        {"api_key", "env:A", {}}, {"api_key", "env:B", {}}, {"api_key", "env:C", {}}};
    auto provider = std::make_shared<plugin::LoadedProvider>();
    provider->api_keys = {bearer("one"), nullptr, bearer("three")};
    const std::vector<plugin::ProviderSlot> slots{plugin::ProviderSlot(std::move(provider))};
    Upstreams upstreams(config, 1);
    const auto order = [&] {
        std::vector<Prospect> prospects{{.provider = "a", .target = k_a}};
        expand_credentials(prospects, upstreams, slots, 1, 0);
        std::vector<std::size_t> credentials;
        for (const Prospect& one : prospects) credentials.push_back(one.target.credential);
        return credentials;
    };
    EXPECT_EQ(order(), (std::vector<std::size_t>{0, 2})) << "the second one has no value";
    {
        UpstreamLimits::CountedTrip trip(upstreams.limits, k_a, 1);
        trip.answered();
        trip.told({.requests = {.limit = 100, .remaining = 10, .reset = std::chrono::minutes(1)}});
    }
    EXPECT_EQ(order(), (std::vector<std::size_t>{2, 0}));
    route::Candidate third = k_a;
    third.credential = 2;
    upstreams.credentials.refused(third, Clock::now(), ErrorKind::quota);
    EXPECT_EQ(order(), (std::vector<std::size_t>{0, 2}));
}

}  // namespace
}  // namespace bellwether::policy
