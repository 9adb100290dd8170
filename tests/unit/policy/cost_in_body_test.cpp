// `usage.cost`, written from whole millionths.
#include "policy/cost/cost_in_body.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

const Usage k_usage{.input_tokens = 7, .output_tokens = 3, .source = UsageSource::observed};

TEST(CostInBody, StandsInTheUsageAndNothingElseChanges) {
    EXPECT_EQ(
        with_cost(R"({ "id":"c1","usage":{"prompt_tokens":1,"x":1.50 } ,"y":2})", k_usage, 190),
        R"({ "id":"c1","usage":{"prompt_tokens":1,"x":1.50 ,"cost":0.000190} ,"y":2})");
}

TEST(CostInBody, TakesThePlaceOfTheUpstreamsOwn) {
    EXPECT_EQ(with_cost(R"({"usage":{"cost":{"total":9},"a":1}})", k_usage, 12'000'001),
              R"({"usage":{"cost":12.000001,"a":1}})");
}

TEST(CostInBody, AReplyWithoutAUsageGetsWhatTheHostCounted) {
    const char* const counted =
        R"("usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"cost":0.000000}})";
    EXPECT_EQ(with_cost(R"({"id":"c1"})", k_usage, 0), std::string(R"({"id":"c1",)") + counted);
    EXPECT_EQ(with_cost(R"({"usage":null})", k_usage, 0), std::string("{") + counted);
}

TEST(CostInBody, WhatIsNoObjectStaysAsItIs) {
    EXPECT_EQ(with_cost("[1]", k_usage, 5), "[1]");
    EXPECT_EQ(with_cost("", k_usage, 5), "");
}

}  // namespace
}  // namespace bellwether::policy
