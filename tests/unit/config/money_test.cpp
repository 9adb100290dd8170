#include "config/money.hpp"

#include <gtest/gtest.h>

#include <random>

namespace bellwether::config {
namespace {

TEST(Amount, IsReadExactly) {
    const std::pair<std::string_view, std::int64_t> cases[] = {
        {"1.20 USD", 1'200'000},       {"1.20USD", 1'200'000}, {"0 USD", 0},
        {"0.000001 USD", 1},           {"8 USD", 8'000'000},   {"0.42 USD", 420'000},
        {"1000000 USD", k_amount_max}, {"0.1 USD", 100'000},   {"007.5 USD", 7'500'000},
        {"0.30000000000 USD", 300'000}};
    for (const auto& [text, amount] : cases) EXPECT_EQ(parse_amount(text), amount) << text;
}

TEST(Amount, SaysWhatIsWrong) {
    const std::pair<std::string_view, AmountFault> cases[] = {
        {"", AmountFault::malformed},
        {"USD", AmountFault::malformed},
        {".5 USD", AmountFault::malformed},
        {"1. USD", AmountFault::malformed},
        {"-1 USD", AmountFault::malformed},
        {"1,20 USD", AmountFault::malformed},
        {"1e3 USD", AmountFault::malformed},
        {"1.2 EUR", AmountFault::malformed},
        {"1.2  USD", AmountFault::malformed},
        {"1.2 USD ", AmountFault::malformed},
        {"1.20", AmountFault::without_unit},
        {"0.0000001 USD", AmountFault::too_fine},
        {"1000000.000001 USD", AmountFault::too_large},
        {"99999999999999999999999999999999999 USD", AmountFault::too_large}};
    for (const auto& [text, fault] : cases) {
        const auto amount = parse_amount(text);
        ASSERT_FALSE(amount) << text;
        EXPECT_EQ(amount.error(), fault) << text;
    }
}

TEST(Amount, IsWrittenAsItIsRead) {
    EXPECT_EQ(format_usd(0), "0.000000");
    EXPECT_EQ(format_usd(123), "0.000123");
    EXPECT_EQ(format_usd(12'345'678), "12.345678");
    EXPECT_EQ(format_amount(1'200'000), "1.20 USD");
    EXPECT_EQ(format_amount(1'234'500), "1.2345 USD");
    EXPECT_EQ(format_amount(0), "0.00 USD");
    std::mt19937_64 random(7);
    for (int i = 0; i < 10'000; ++i) {
        const auto amount =
            static_cast<std::int64_t>(random() % (std::uint64_t{1} << (random() % 40)));
        EXPECT_EQ(parse_amount(format_amount(amount)), amount);
        EXPECT_EQ(parse_amount(format_usd(amount) + " USD"), amount);
    }
}

}  // namespace
}  // namespace bellwether::config
