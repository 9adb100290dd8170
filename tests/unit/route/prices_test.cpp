#include "route/prices.hpp"

#include <gtest/gtest.h>

#include "route/table.hpp"

namespace bellwether::route {
namespace {

config::Price price(const char* provider, const char* model, std::int64_t input, bool own = false) {
    config::Price price;
    price.provider = provider;
    price.model = model;
    price.input = input;
    price.own = own;
    return price;
}

config::Config config_with(std::vector<config::Price> prices) {
    auto loaded = config::parse(
        "[providers.a]\n[providers.b]\n[[routes]]\nmodel = \"*\"\nto = "
        "[\"a\", { provider = \"b\", model = \"x\" }]\n",
        "c.toml");
    loaded.config.prices = std::move(prices);
    return std::move(loaded.config);
}

std::int64_t input_of(const config::Price* price) { return price == nullptr ? -1 : price->input; }

TEST(Prices, ExactBeatsGlobAndTheLongestGlobWins) {
    const auto config =
        config_with({price("a", "*", 1), price("a", "qwen-*", 2), price("a", "qwen-max", 3),
                     price("a", "qwen-m*", 4), price("b", "qwen-max", 5)});
    const Prices prices(config);
    EXPECT_EQ(input_of(prices.find(0, "qwen-max")), 3);
    EXPECT_EQ(input_of(prices.find(0, "qwen-mini")), 4);
    EXPECT_EQ(input_of(prices.find(0, "qwen-plus")), 2);
    EXPECT_EQ(input_of(prices.find(0, "gpt-4.1")), 1);
    EXPECT_EQ(input_of(prices.find(1, "qwen-max")), 5);
    EXPECT_EQ(prices.find(1, "qwen-plus"), nullptr);
    EXPECT_EQ(prices.find(7, "qwen-max"), nullptr);
    EXPECT_EQ(prices.find(0, std::string(300, 'q')), nullptr);
}

TEST(Prices, TheConfigsOwnBeatThoseOfFiles) {
    const auto config = config_with({price("a", "qwen-max", 1), price("a", "qwen-*", 2, true)});
    EXPECT_EQ(input_of(Prices(config).find(0, "qwen-max")), 2);
}

// The price is that of the target, by the name that its provider knows the model by.
TEST(Prices, ComeWithTheCandidates) {
    const auto config = config_with({price("a", "m", 1), price("b", "x", 2), price("b", "m", 3)});
    const Table table(config);
    const auto match = table.match("m");
    ASSERT_TRUE(match);
    EXPECT_EQ(input_of(match->candidates[0].price), 1);
    EXPECT_EQ(input_of(match->candidates[1].price), 2);
    EXPECT_EQ(table.match("other")->candidates[0].price, nullptr);
}

}  // namespace
}  // namespace bellwether::route
