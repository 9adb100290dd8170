// The hook of a provider that knows what a request can cost at most.
#include <gtest/gtest.h>

#include <bellwether/provider.hpp>
#include <bellwether/testing/fake_host.hpp>
#include <map>
#include <stdexcept>
#include <string>

namespace {

using namespace bw::testing;

struct NoCall : bw::NoHead, bw::NoEnd {
    template <typename Provider>
    NoCall(Provider&, const bw::Request&, bw::Attempt) {}
    void data(const bw::Frame&) {}
};

// Has no opinion of requests for other models than "known".
struct Knowing : bw::Estimates {
    explicit Knowing(const bw::Setup&) {}
    void estimate(const bw::Request& request, bw::Estimate estimate) const {
        if (request.model() == "refused") {
            throw bw::Error(BW_E_INVALID, "too much").param("thinking_budget");
        }
        if (request.model() == "bug") throw std::runtime_error("oops");
        if (request.model() != "known") return;
        bw::Bounds bounds;
        bounds.most.reasoning = request.json()["thinking_budget"].integer().value_or(0);
        bounds.most.image_input = request.stream() ? 2 : 1;
        bounds.most.units = {{"image", 4}};
        bounds.most.service_tier = "flex";
        bounds.cost_nano = 1'000;
        estimate.bound(bounds);
    }
    using Call = NoCall;
};

struct Unknowing {
    explicit Unknowing(const bw::Setup&) {}
    using Call = NoCall;
};

// One whose bounds break a rule.
struct Odd {
    explicit Odd(const bw::Setup&) {}
    void estimate(const bw::Request&, bw::Estimate estimate) {
        bw::Bounds bounds;
        bounds.most.units = {{"image", -1}};
        estimate.bound(bounds);
    }
    using Call = NoCall;
};

// Hooks that do not compile in a provider. One promised and misspelt, and two with other arguments.
struct Misspelt : bw::Estimates {
    void estimates(const bw::Request&, bw::Estimate) {}
};
struct Short {
    void estimate(const bw::Request&) {}
};
class Hidden {
    [[maybe_unused]] void estimate(const bw::Request&, bw::Estimate) {}
};
struct Final final {};

template <typename Provider>
constexpr bool k_has = bw::detail::HasEstimate<Provider>::value;
template <typename Provider>
constexpr bool k_names = bw::detail::NamesEstimate<Provider>::value;
static_assert(k_has<Knowing> && k_has<Odd> && k_names<Knowing>);
static_assert(!k_has<Unknowing> && !k_names<Unknowing>);
static_assert(!k_has<Misspelt> && std::is_base_of_v<bw::Estimates, Misspelt>);
static_assert(!k_has<Short> && k_names<Short>);
static_assert(!k_has<Hidden> && k_names<Hidden>);
static_assert(!k_has<Final> && !k_names<Final>);

constexpr const char* k_config = R"({"name":"n","base_url":"https://x.test"})";

template <typename Provider>
const bw_plugin* table() {
    return bw::plugin_table<Provider>("com.example.estimate", "1", "{}");
}

Asked asked_of(const std::string& model) {
    Asked asked;
    asked.model = model;
    asked.body = R"({"thinking_budget":1000})";
    return asked;
}

TEST(Estimate, TellsBoundsByTheirNames) {
    FakeHost host;
    Instance knowing(host, table<Knowing>(), k_config);
    Asked asked = asked_of("known");
    asked.stream = true;
    const Estimated told = knowing.estimate(asked);
    const std::map<std::string, std::int64_t> expected = {
        {"output.reasoning", 1000}, {"input.image", 2}, {"image", 4}};
    EXPECT_FALSE(told.error);
    EXPECT_EQ(told.most, expected);
    EXPECT_EQ(told.tier, "flex");
    EXPECT_EQ(told.cost_nano, 1'000);
    EXPECT_TRUE(host.misbehaviours.empty());
}

TEST(Estimate, MayHaveNoOpinion) {
    FakeHost host;
    Instance knowing(host, table<Knowing>(), k_config);
    const Estimated told = knowing.estimate(asked_of("another"));
    EXPECT_FALSE(told.error);
    EXPECT_TRUE(told.most.empty());
}

TEST(Estimate, MayRefuseTheRequest) {
    FakeHost host;
    Instance knowing(host, table<Knowing>(), k_config);
    const Estimated refused = knowing.estimate(asked_of("refused"));
    ASSERT_TRUE(refused.error);
    EXPECT_EQ(refused.error->status, BW_E_INVALID);
    EXPECT_EQ(refused.error->param, "thinking_budget");
    const Estimated bug = knowing.estimate(asked_of("bug"));
    ASSERT_TRUE(bug.error);
    EXPECT_EQ(bug.error->status, BW_E_INTERNAL);
    EXPECT_EQ(bug.error->message, "a bug in the plugin: estimate threw oops");
}

TEST(Estimate, IsAnExtensionOfProvidersThatHaveTheHook) {
    EXPECT_NE(table<Knowing>()->extension(BW_EXT_ESTIMATE), nullptr);
    EXPECT_EQ(table<Unknowing>()->extension(BW_EXT_ESTIMATE), nullptr);
    EXPECT_EQ(table<Knowing>()->extension("bw.estimate/2"), nullptr);
    FakeHost host;
    EXPECT_EQ(host.api()->has(host.handle(), BW_EXT_ESTIMATE), 1);
    Instance unknowing(host, table<Unknowing>(), k_config);
    EXPECT_TRUE(unknowing.estimate(asked_of("known")).most.empty());
}

TEST(Estimate, OfLessThanNothingBreaksARule) {
    FakeHost host;
    Instance odd(host, table<Odd>(), k_config);
    const Estimated told = odd.estimate(asked_of("known"));
    ASSERT_TRUE(told.error);
    EXPECT_EQ(told.error->status, BW_E_INTERNAL);
    EXPECT_EQ(host.misbehaviours.size(), 1U);
}

}  // namespace
