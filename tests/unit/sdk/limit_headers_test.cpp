// What upstreams say of their limits, in the forms that they have for it; what makes no sense is
// taken for not said.
#include <bellwether/http/limit_headers.hpp>
#include <bellwether/openai_compatible.hpp>
#include <bellwether/testing/fake_host.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugin_fixture.hpp"

namespace {

using bw::testing::Headers;
using std::chrono::milliseconds;

constexpr milliseconds k_now{1'767'225'600'000};  // 2026-01-01T00:00:00Z

std::vector<bw::Limit> read(const Headers& headers,
                            const std::vector<bw::LimitHeaders>& names = {
                                std::begin(bw::k_limit_headers), std::end(bw::k_limit_headers)}) {
    std::vector<bw_header> raw;
    for (const auto& [name, value] : headers) {
        raw.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
    }
    bw_head head = {};
    head.size = sizeof head;
    head.http_status = 200;
    head.headers = raw.data();
    head.header_count = raw.size();
    return bw::read_limits(bw::Head(head), names, [] { return k_now; });
}

TEST(LimitHeaders, ReadTimesAsGoWritesThemAndAsSeconds) {
    const std::vector<std::pair<std::string_view, milliseconds>> cases{
        {"12ms", milliseconds(12)},       {"1s", milliseconds(1'000)},
        {"6m0s", milliseconds(360'000)},  {"1h2m3.5s", milliseconds(3'723'500)},
        {"0s", milliseconds(0)},          {"1.5", milliseconds(1'500)},
        {"60", milliseconds(60'000)},     {"500us", milliseconds(1)},
        {"1m26.4s", milliseconds(86'400)}};
    for (const auto& [text, time] : cases) EXPECT_EQ(bw::read_reset(text, k_now), time) << text;
}

TEST(LimitHeaders, CountAMomentFromNow) {
    EXPECT_EQ(bw::read_reset("2026-01-01T00:00:07.25Z", k_now), milliseconds(7'250));
    EXPECT_EQ(bw::read_reset("2026-01-01T01:00:07+01:00", k_now), milliseconds(7'000));
    EXPECT_EQ(bw::read_reset("2025-12-31T23:59:59Z", k_now), milliseconds(0));
    EXPECT_EQ(bw::read_reset("2036-01-01T00:00:00Z", k_now), std::nullopt);
}

TEST(LimitHeaders, TakeNonsenseForNotSaid) {
    for (const std::string_view text : {"", "s", "-1s", "1x", "1s ", "soon", "1e9h", "9000h", "nan",
                                        "inf", "1h-2m", "2026-11-27", ".", "1..5s", "1 s"}) {
        EXPECT_EQ(bw::read_reset(text, k_now), std::nullopt) << text;
    }
    EXPECT_EQ(bw::read_reset(std::string(400, '9'), k_now), std::nullopt);
}

TEST(LimitHeaders, ReadBothFamilies) {
    const auto limits = read({{"content-type", "application/json"},
                              {"x-ratelimit-limit-requests", "60"},
                              {"x-ratelimit-remaining-requests", "59"},
                              {"x-ratelimit-reset-requests", "1s"},
                              {"x-ratelimit-limit-tokens", "150000"},
                              {"x-ratelimit-remaining-tokens", "149984"},
                              {"x-ratelimit-reset-tokens", "6m0s"},
                              {"x-ratelimit-remaining-tokens_usage_based", "1"}});
    ASSERT_EQ(limits.size(), 2U);
    EXPECT_EQ(limits[0].name, "requests");
    EXPECT_EQ(limits[0].limit, 60);
    EXPECT_EQ(limits[0].remaining, 59);
    EXPECT_EQ(limits[0].reset, milliseconds(1'000));
    EXPECT_EQ(limits[1].name, "tokens");
    EXPECT_EQ(limits[1].limit, 150'000);
    EXPECT_EQ(limits[1].remaining, 149'984);
    EXPECT_EQ(limits[1].reset, milliseconds(360'000));
}

TEST(LimitHeaders, AreNotFooledByPlaceholders) {
    for (const char* const amount : {"-1", "0", "", "many", "9999999999999999999", "+5", " 5"}) {
        EXPECT_TRUE(read({{"x-ratelimit-limit-requests", amount},
                          {"x-ratelimit-remaining-requests", "0"},
                          {"x-ratelimit-reset-requests", "1s"}})
                        .empty())
            << amount;
    }
    EXPECT_TRUE(
        read({{"x-ratelimit-limit-requests", "10"}, {"x-ratelimit-remaining-requests", "0"}})
            .empty())
        << "no time is said";
    EXPECT_TRUE(
        read({{"x-ratelimit-remaining-tokens", "1"}, {"x-ratelimit-reset-tokens", "1s"}}).empty())
        << "no limit is said";
}

TEST(LimitHeaders, OfOneNameTheLastHolds) {
    const auto limits = read({{"x-ratelimit-limit-tokens", "10"},
                              {"x-ratelimit-remaining-tokens", "9"},
                              {"x-ratelimit-remaining-tokens", "8"},
                              {"x-ratelimit-reset-tokens", "1s"}});
    ASSERT_EQ(limits.size(), 1U);
    EXPECT_EQ(limits[0].remaining, 8);
}

TEST(LimitHeaders, MayHaveOtherNames) {
    const std::vector<bw::LimitHeaders> names = {{"input_tokens", "l", "r", "t"}};
    const auto limits = read({{"t", "2026-01-01T00:00:01Z"}, {"r", "3"}, {"l", "4"}}, names);
    ASSERT_EQ(limits.size(), 1U);
    EXPECT_EQ(limits[0].name, "input_tokens");
    EXPECT_EQ(limits[0].limit, 4);
    EXPECT_EQ(limits[0].remaining, 3);
    EXPECT_EQ(limits[0].reset, milliseconds(1'000));
    EXPECT_TRUE(read({{"l", "4"}}, {}).empty());
}

TEST(LimitHeaders, MoreThanAreReadAreLeftOut) {
    const std::vector<bw::LimitHeaders> names(2 * bw::k_limits_max, {"a", "l", "r", "t"});
    EXPECT_EQ(read({{"t", "1"}, {"r", "3"}, {"l", "4"}}, names).size(), bw::k_limits_max);
}

// ---- as providers of a table tell them -------------------------------------------------------

constexpr bw::LimitHeaders k_two[] = {{"requests", "x-left-limit", "x-left", "x-left-reset"},
                                      {"images", "x-img-limit", "x-img", "x-img-reset"}};
constexpr bw::openai::Api k_other = {.id = "test.limits",
                                     .version = "1",
                                     .vendor = "Test",
                                     .summary = "limits of other names",
                                     .base_url = "https://limits.test/v1",
                                     .limit_headers = k_two,
                                     .quirks = {.key = bw::openai::KeyNeed::never}};
struct Other : bw::openai::Provider {
    explicit Other(const bw::Setup& setup) : Provider(k_other, setup) {}
};
constexpr bw::openai::Api k_usual = {.id = "test.usual",
                                     .version = "1",
                                     .vendor = "Test",
                                     .summary = "OpenAI's names",
                                     .base_url = "https://limits.test/v1",
                                     .quirks = {.key = bw::openai::KeyNeed::never}};
struct Usual : bw::openai::Provider {
    explicit Usual(const bw::Setup& setup) : Provider(k_usual, setup) {}
};

template <typename Provider>
std::vector<bw::testing::ToldLimit> told(const bw::openai::Api& api, std::uint32_t status,
                                         const Headers& headers) {
    bw::testing::FakeHost host;
    bw::testing::Instance instance(host, bw::openai::plugin_table_of<Provider>(api),
                                   R"({"name":"l","base_url":"https://limits.test/v1"})");
    EXPECT_FALSE(instance.error());
    auto result = instance.call(
        bw::testing::complete(),
        {status, headers,
         R"({"choices":[{"index":0,"message":{"role":"assistant","content":"a"}}]})"});
    for (const std::string& rule : host.misbehaviours) ADD_FAILURE() << rule;
    return result.limits;
}

TEST(LimitsOfAProvider, AreToldWhateverTheAnswerIs) {
    for (const std::uint32_t status : {200u, 429u, 500u}) {
        const auto limits = told<Usual>(k_usual, status,
                                        {{"x-ratelimit-limit-tokens", "10"},
                                         {"x-ratelimit-remaining-tokens", "9"},
                                         {"x-ratelimit-reset-tokens", "6m0s"}});
        ASSERT_EQ(limits.size(), 1U) << status;
        EXPECT_EQ(limits[0].name, "tokens");
        EXPECT_EQ(limits[0].limit, 10);
        EXPECT_EQ(limits[0].remaining, 9);
        EXPECT_EQ(limits[0].reset_ms, 360'000);
    }
    EXPECT_TRUE(told<Usual>(k_usual, 200, {{"content-type", "application/json"}}).empty());
}

TEST(LimitsOfAProvider, AreThoseOfItsTable) {
    const auto limits = told<Other>(k_other, 200,
                                    {{"x-ratelimit-limit-tokens", "10"},
                                     {"x-ratelimit-remaining-tokens", "9"},
                                     {"x-ratelimit-reset-tokens", "1s"},
                                     {"x-img-limit", "5"},
                                     {"x-img", "0"},
                                     {"x-img-reset", "2s"}});
    ASSERT_EQ(limits.size(), 1U);
    EXPECT_EQ(limits[0].name, "images");
    EXPECT_EQ(limits[0].reset_ms, 2'000);
}

}  // namespace
