#include "policy/estimate/reported_total.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

Usage divided(std::int64_t total, Operation operation = Operation::chat) {
    Call call;
    call.operation = operation;
    call.body = "abcdefgh";
    call.asked.prompt_value = {.offset = 0, .length = call.body.size()};
    Usage usage{.source = UsageSource::provider, .total_tokens = total};
    divide_total(usage, call, 1);
    return usage;
}

TEST(ReportedTotal, IsThePromptAndTheRest) {
    EXPECT_EQ(divided(1'500).input_tokens, 2);
    EXPECT_EQ(divided(1'500).output_tokens, 1'498);
    EXPECT_EQ(divided(3).output_tokens, 1);
    EXPECT_EQ(divided(9, Operation::embeddings).input_tokens, 9);
    EXPECT_EQ(divided(9, Operation::embeddings).output_tokens, -1);
}

TEST(ReportedTotal, BelievesASumThatIsLessThanThePromptIsTakenFor) {
    EXPECT_EQ(divided(2).input_tokens, 1);
    EXPECT_EQ(divided(2).output_tokens, 1);
}

TEST(ReportedTotal, ChangesNothingThatWasTold) {
    EXPECT_EQ(divided(0).input_tokens, -1);
    EXPECT_EQ(divided(-1).input_tokens, -1);
    EXPECT_EQ(divided(1).input_tokens, -1) << "nothing is left for a prompt";
    EXPECT_EQ(divided(1).output_tokens, -1);
    Usage usage{.input_tokens = 3, .source = UsageSource::provider, .total_tokens = 9};
    divide_total(usage, Call{}, 1);
    EXPECT_EQ(usage.input_tokens, 3);
    EXPECT_EQ(usage.output_tokens, -1);
}

}  // namespace
}  // namespace bellwether::policy
