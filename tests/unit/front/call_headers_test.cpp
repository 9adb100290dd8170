// What a reply's head says of its call.
#include "front/call_headers.hpp"

#include <gtest/gtest.h>

namespace bellwether::front {
namespace {

using namespace std::chrono_literals;

TEST(CallHeaders, NameWhoAnswersAndHowLongItTook) {
    EXPECT_EQ(answering_headers({.provider = "beta",
                                 .model = "qwen-max",
                                 .attempts = 2,
                                 .so_far = 12'345us,
                                 .waited = 12ms}),
              "x-bellwether-provider: beta\r\nx-bellwether-model: qwen-max\r\n"
              "x-bellwether-attempts: 2\r\nx-bellwether-overhead-ms: 0.345\r\n"
              "openai-processing-ms: 12\r\n");
}

TEST(CallHeaders, SayNothingOfWhoWasNotAsked) {
    EXPECT_EQ(answering_headers({.provider = "beta", .attempts = 0}), "");
    EXPECT_EQ(cost_header(std::nullopt), "");
}

TEST(CallHeaders, AModelsNameBreaksNoLine) {
    const std::string lines = answering_headers({.model = "a\r\nb: \xc3\xa9", .attempts = 1});
    EXPECT_NE(lines.find("x-bellwether-model: a??b: ??\r\n"), std::string::npos) << lines;
}

TEST(CallHeaders, TellTheCostInDollars) {
    EXPECT_EQ(cost_header(123), "x-bellwether-cost: 0.000123\r\n");
}

}  // namespace
}  // namespace bellwether::front
