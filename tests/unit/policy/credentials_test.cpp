// A credential that its upstream refuses is set aside, and comes back.
#include "policy/upstreams/credentials.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;

class CredentialsTest : public testing::Test {
  protected:
    CredentialsTest() { Clock::give(&time); }
    ~CredentialsTest() override { Clock::give(nullptr); }

    static config::Config two_providers() {
        config::Config config;
        config.providers.resize(2);
        config.providers[0].name = "several";
        config.providers[0].api_keys = {{"api_key", "env:A", {}}, {"api_key", "env:B", {}}};
        config.providers[1].name = "single";
        return config;
    }
    bool is_aside(std::size_t credential, std::size_t provider = 0) {
        return all.state(provider, credential).use == CredentialUse::set_aside;
    }
    // How long the first credential stays aside from now on.
    Clock::duration aside() { return all.state(0, 0).until - time.now; }
    void refuse() { all.refused(first, time.now, ErrorKind::auth); }

    Clock::Simulated time;
    const config::Config config = two_providers();
    Credentials all{config};
    const route::Candidate first{.provider = 0, .model = "m"};
    const route::Candidate single{.provider = 1, .model = "m"};
};

TEST_F(CredentialsTest, OneThatIsRefusedIsSetAsideForAMinute) {
    EXPECT_FALSE(is_aside(0));
    refuse();
    EXPECT_TRUE(is_aside(0));
    EXPECT_FALSE(is_aside(1)) << "the other one serves";
    EXPECT_EQ(aside(), 1min);
    time.now += 1min;
    EXPECT_FALSE(is_aside(0)) << "it is tried again";
}

TEST_F(CredentialsTest, EachRefusalInARowDoublesTheTimeUpToAnHour) {
    for (const Clock::duration time_aside : {1min, 2min, 4min, 8min, 16min, 32min, 60min, 60min}) {
        refuse();
        EXPECT_EQ(aside(), time_aside);
        time.now += time_aside;
    }
    for (int i = 0; i < 1'000; ++i) refuse();
    EXPECT_EQ(aside(), 60min) << "the count does not wrap";
}

TEST_F(CredentialsTest, IsBackAfterASuccessAndBeginsAnew) {
    refuse();
    refuse();
    time.now += 1s;
    all.accepted(first, time.now);
    EXPECT_FALSE(is_aside(0));
    refuse();
    EXPECT_EQ(aside(), 1min);
}

// Calls that were under way together are refused, or end well, together.
TEST_F(CredentialsTest, ACallFromBeforeTheRefusalSaysNothingNew) {
    const auto before = time.now - 1ms;
    refuse();
    all.refused(first, before, ErrorKind::auth);
    EXPECT_EQ(aside(), 1min);
    all.accepted(first, before);
    EXPECT_TRUE(is_aside(0));
}

TEST_F(CredentialsTest, ASingleOneIsNeverSetAside) {
    all.refused(single, time.now, ErrorKind::quota);
    EXPECT_FALSE(is_aside(0, 1));
    all.accepted(single, time.now);
    EXPECT_EQ(all.count(1), 1U);
    EXPECT_EQ(all.reference(1, 0), "");
}

TEST_F(CredentialsTest, AreNamedByTheirReferences) {
    EXPECT_EQ(all.count(0), 2U);
    EXPECT_EQ(all.reference(0, 1), "env:B");
}

}  // namespace
}  // namespace bellwether::policy
