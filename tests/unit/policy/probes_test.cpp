// Probes, between a real plugin and upstreams that the test speaks for, on a clock that the test
// moves.
#include "policy/upstreams/probes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../plugin/scripted_transport.hpp"
#include "base/clock.hpp"
#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using route::Service;
using testing::EndsWith;

TEST(EndOfProbe, GoesByWhetherTheUpstreamServes) {
    using route::TryEnd;
    using Answer = Result<std::vector<std::string>>;
    EXPECT_EQ(end_of_probe({}), TryEnd::ok);
    for (const ErrorKind kind : {ErrorKind::upstream, ErrorKind::unreachable, ErrorKind::timeout}) {
        EXPECT_EQ(end_of_probe(Answer(fail(kind, "no"))), TryEnd::failed);
    }
    for (const ErrorKind kind :
         {ErrorKind::auth, ErrorKind::rate, ErrorKind::not_found, ErrorKind::protocol,
          ErrorKind::internal, ErrorKind::unsupported, ErrorKind::quota, ErrorKind::unavailable}) {
        EXPECT_EQ(end_of_probe(Answer(fail(kind, "no"))), TryEnd::neutral);
    }
}

constexpr const char* k_probed = R"(
[providers.probed]
plugin = "openai"
base_url = "https://probed.test/v1"
probe = "30s"
[providers.other]
plugin = "openai"
base_url = "https://other.test/v1"
[providers.echo]
probe = "30s"
[[routes]]
model = "a"
to = ["probed", "other"]
[[routes]]
model = "b"
to = ["other", "probed"]
)";

class ProbesTest : public testing::Test {
  protected:
    static constexpr std::size_t k_targets = 4;

    ProbesTest() {
        Clock::give(&time);
        probes.emplace(loop, wire, config, registry, table.targets(), upstreams);
    }
    ~ProbesTest() override {
        probes.reset();
        Clock::give(nullptr);
    }
    void pass(std::chrono::milliseconds wait) {
        time.now += wait;
        loop.restart();
        loop.poll();
    }
    void lists() {
        wire.last().head(200, "application/json");
        wire.last().says(R"({"object":"list","data":[{"id":"m","object":"model"}]})");
        wire.last().ends();
        pass(0ms);
    }
    void refuses(int status) {
        wire.last().head(status, "application/json");
        wire.last().says(R"({"error":{"message":"no"}})");
        wire.last().ends();
        pass(0ms);
    }
    // Lets the next probe begin.
    void next() {
        const std::size_t before = wire.upstreams.size();
        pass(30s);
        ASSERT_EQ(wire.upstreams.size(), before + 1);
    }
    void fall_out(std::size_t id) {
        for (unsigned i = 0; i < config.health.failures; ++i) {
            upstreams.targets.began(id);
            upstreams.targets.ended(id, route::TryEnd::failed, Clock::now(), Clock::now());
        }
    }
    // How each target is, whose provider is the one with the probe or not.
    std::vector<Service> services(bool probed) const {
        std::vector<Service> all;
        for (std::size_t id = 0; id < table.targets().size(); ++id) {
            if ((table.targets()[id].provider == 0) != probed) continue;
            all.push_back(upstreams.targets.service(id, Clock::now()));
        }
        return all;
    }
    ProbeResult last() const { return upstreams.probes[0].load(); }
    plugin::Registry loaded() const {
        std::vector<config::Diagnostic> diagnostics;
        auto registry = plugin::load(config, {BELLWETHER_PLUGIN_DIR}, diagnostics);
        EXPECT_TRUE(diagnostics.empty());
        return registry;
    }

    Clock::Simulated time;
    boost::asio::io_context loop;
    net::ScriptedTransport wire;
    config::Config config = Desk::parsed(k_probed);
    plugin::Registry registry = loaded();
    route::Table table{config};
    Upstreams upstreams{config, k_targets};
    std::optional<Probes> probes;
};

using testing::Each;
using testing::SizeIs;

TEST_F(ProbesTest, AsksForTheListInItsRhythm) {
    EXPECT_EQ(wire.upstreams.size(), 0U);
    EXPECT_EQ(last(), ProbeResult::none_yet);
    next();
    EXPECT_EQ(wire.last().method, "GET");
    EXPECT_THAT(wire.last().url, EndsWith("probed.test/v1/models"));
    lists();
    EXPECT_EQ(last(), ProbeResult::ok);
    pass(29s);
    EXPECT_EQ(wire.upstreams.size(), 1U);
    pass(1s);
    EXPECT_EQ(wire.upstreams.size(), 2U);
}

TEST_F(ProbesTest, AnAnswerThatDoesNotComeIsAFailure) {
    next();
    pass(9'999ms);
    EXPECT_FALSE(wire.last().dropped());
    pass(1ms);
    pass(0ms);
    EXPECT_TRUE(wire.last().dropped());
    EXPECT_EQ(last(), ProbeResult::failed);
    EXPECT_EQ(wire.upstreams.size(), 1U);
    pass(20s);
    EXPECT_EQ(wire.upstreams.size(), 2U);
}

TEST_F(ProbesTest, FailuresTakeTheProvidersTargetsOut) {
    for (unsigned i = 0; i < config.health.failures; ++i) {
        EXPECT_THAT(services(true), Each(Service::in)) << i;
        next();
        i % 2 == 0 ? refuses(503) : wire.last().fails(net::FailureKind::connect);
        pass(0ms);
    }
    EXPECT_EQ(last(), ProbeResult::failed);
    EXPECT_THAT(services(true), SizeIs(2));
    EXPECT_THAT(services(true), Each(Service::out));
    EXPECT_THAT(services(false), SizeIs(2));
    EXPECT_THAT(services(false), Each(Service::in));
}

TEST_F(ProbesTest, ItsAnswerMakesTheNextCallATrial) {
    next();
    for (std::size_t id = 0; id < k_targets; ++id) fall_out(id);
    lists();
    EXPECT_THAT(services(true), Each(Service::trial_due));
    EXPECT_THAT(services(false), Each(Service::out)) << "of a provider that is not probed";
}

TEST_F(ProbesTest, ARefusalSaysNothingOfTheTargets) {
    next();
    for (std::size_t id = 0; id < k_targets; ++id) fall_out(id);
    refuses(401);
    EXPECT_EQ(last(), ProbeResult::failed);
    EXPECT_THAT(services(true), Each(Service::out));
}

TEST_F(ProbesTest, EndsWithAQuestionUnderWay) {
    next();
    probes.reset();
    EXPECT_TRUE(wire.last().dropped());
}

}  // namespace
}  // namespace bellwether::policy
