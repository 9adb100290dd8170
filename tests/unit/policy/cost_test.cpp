#include "policy/cost.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace bw::policy {
namespace {

constexpr std::int64_t k_tokens_max = 1'000'000'000'000;
constexpr std::int64_t k_price_max = 1'000'000'000'000;

Usage usage(std::int64_t input, std::int64_t output, std::int64_t cached = -1) {
    return {.input_tokens = input,
            .output_tokens = output,
            .cached_input_tokens = cached,
            .source = UsageSource::provider};
}

config::Price price(std::int64_t input, std::int64_t output, std::int64_t cached) {
    config::Price price;
    price.input = input;
    price.output = output;
    price.cached_input = cached;
    return price;
}

TEST(Cost, IsWhatTheTokensCost) {
    const auto qwen_max = price(1'200'000, 1'200'000, 1'200'000);
    EXPECT_EQ(cost_of(usage(1'000'000, 0), &qwen_max), 1'200'000);
    EXPECT_EQ(cost_of(usage(4'000'000, 6'000'000), &qwen_max), 12'000'000);
    const auto split = price(2'000'000, 8'000'000, 500'000);
    EXPECT_EQ(cost_of(usage(100, 10, 60), &split), 40 * 2 + 10 * 8 + 30);
    EXPECT_EQ(cost_of(usage(100, -1), &split), 200) << "embeddings generate nothing";
}

TEST(Cost, IsRoundedUpOnce) {
    const auto cheap = price(1, 1, 1);
    EXPECT_EQ(cost_of(usage(1, 1, 1), &cheap), 1);
    EXPECT_EQ(cost_of(usage(999'999, 1), &cheap), 1);
    EXPECT_EQ(cost_of(usage(999'999, 2), &cheap), 2);
}

TEST(Cost, OfZeroIsAPrice) {
    const auto free = price(0, 0, 0);
    EXPECT_EQ(cost_of(usage(5, 5), &free), 0);
}

TEST(Cost, IsNotKnownWithoutAPriceOrAUsage) {
    const auto some = price(1, 1, 1);
    EXPECT_EQ(cost_of(usage(5, 5), nullptr), std::nullopt);
    EXPECT_EQ(cost_of(Usage{}, &some), std::nullopt);
    EXPECT_EQ(cost_of(usage(-1, 5), &some), std::nullopt);
}

TEST(Cost, MoreCachedThanSentIsAllCached) {
    const auto split = price(2'000'000, 0, 1'000'000);
    EXPECT_EQ(cost_of(usage(10, 0, 1'000), &split), 10);
}

TEST(Cost, DoesNotOverflow) {
    const auto dear = price(k_price_max, k_price_max, k_price_max);
    EXPECT_EQ(cost_of(usage(k_tokens_max, k_tokens_max), &dear), 2'000'000'000'000'000'000);
    const auto most = std::numeric_limits<std::int64_t>::max();
    const auto absurd = price(most, most, most);
    EXPECT_EQ(cost_of(usage(most, most), &absurd), most);
}

// Never less than the exact sum and never a millionth more; more tokens never cost less.
TEST(Cost, HoldsForAnyUsage) {
    std::mt19937_64 random(25);
    const auto below = [&](std::uint64_t end) {
        return static_cast<std::int64_t>(random() % (1 + (random() % end)));
    };
    for (int i = 0; i < 100'000; ++i) {
        const auto entry = price(below(20'000'000), below(20'000'000), below(20'000'000));
        const auto used = usage(below(2'000'000), below(2'000'000), below(2'500'000));
        const std::int64_t cost = cost_of(used, &entry).value();
        const std::int64_t cached = std::min(used.cached_input_tokens, used.input_tokens);
        const std::int64_t exact = (used.input_tokens - cached) * entry.input +
                                   cached * entry.cached_input + used.output_tokens * entry.output;
        ASSERT_GE(cost * 1'000'000, exact);
        ASSERT_LT(cost * 1'000'000, exact + 1'000'000);
        auto more = used;
        more.output_tokens += 1 + below(1'000);
        ASSERT_GE(cost_of(more, &entry).value(), cost);
    }
}

}  // namespace
}  // namespace bw::policy
