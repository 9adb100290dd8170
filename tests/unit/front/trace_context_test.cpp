#include "front/trace_context.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bellwether::front::test {

using testing::MatchesRegex;

constexpr std::string_view k_parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class TraceContextTest : public testing::Test {
  protected:
    TraceContext read(std::string_view parent, std::string_view state = {}) {
        return trace_context(parent, state, random);
    }

    std::mt19937_64 random{7};
};

TEST_F(TraceContextTest, KeepsTheTraceAndBecomesTheParent) {
    const auto context = read(k_parent, "vendor=1,other=a b");
    EXPECT_THAT(context.traceparent,
                MatchesRegex("00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01"));
    EXPECT_NE(context.traceparent, k_parent);
    EXPECT_EQ(context.tracestate, "vendor=1,other=a b");
    EXPECT_NE(read(k_parent).traceparent, context.traceparent);
}

TEST_F(TraceContextTest, OnlyKnownFlagsArePassedOn) {
    std::string parent(k_parent);
    parent.replace(53, 2, "fe");
    EXPECT_THAT(read(parent).traceparent, MatchesRegex(".*-02"));
    parent.replace(53, 2, "00");
    EXPECT_THAT(read(parent).traceparent, MatchesRegex(".*-00"));
}

TEST_F(TraceContextTest, ALaterVersionIsReadAsFarAsItIsKnown) {
    const std::string later = "cc" + std::string(k_parent.substr(2)) + "-what-comes";
    EXPECT_THAT(read(later).traceparent,
                MatchesRegex("00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01"));
}

TEST_F(TraceContextTest, WhatIsMalformedIsNotPassedOn) {
    for (const std::string_view parent : {
             "",
             "00",
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
             "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
             "00-00000000000000000000000000000000-b7ad6b7169203331-01",
             "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
             "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
             "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x",
             "00-0af7651916cd43dd8448eb211c8031\n\n-b7ad6b7169203331-01",
         }) {
        const auto context = read(parent, "a=1");
        EXPECT_EQ(context.traceparent, "") << parent;
        EXPECT_EQ(context.tracestate, "") << parent;
    }
}

TEST_F(TraceContextTest, AMalformedStateCostsOnlyTheState) {
    std::string members = "a=1";
    for (int i = 0; i < 32; ++i) members += ",a=1";
    for (const std::string& state : {std::string("no-equals"), std::string("=1"), std::string("a="),
                                     std::string("A=1"), std::string("a=1\r\nx: y"),
                                     std::string("a=b=c"), "a=" + std::string(511, 'x'), members}) {
        const auto context = read(k_parent, state);
        EXPECT_NE(context.traceparent, "");
        EXPECT_EQ(context.tracestate, "") << state;
    }
    EXPECT_EQ(read(k_parent, "a=1, ,t@v=2").tracestate, "a=1, ,t@v=2");
}

}  // namespace bellwether::front::test
