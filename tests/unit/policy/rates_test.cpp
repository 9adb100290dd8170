// Which figures of a price hold for a call: of each part the dearest that it may come to.
#include "policy/cost/rates.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

// Every part at the same price.
config::CallPrices all_at(std::int64_t amount) {
    return {.input = amount,
            .cached_input = amount,
            .output = amount,
            .parts = {.cache_write_input = amount,
                      .cache_write_input_1h = amount,
                      .audio_input = amount,
                      .image_input = amount,
                      .audio_output = amount,
                      .image_output = amount,
                      .thinking_output = amount}};
}

config::Price price_of(const config::CallPrices& prices) {
    config::Price price;
    price.input = prices.input;
    price.cached_input = prices.cached_input;
    price.output = prices.output;
    price.parts = prices.parts;
    return price;
}

constexpr std::int64_t Rates::*k_parts[] = {
    &Rates::input,        &Rates::cached_input, &Rates::cache_write, &Rates::cache_write_1h,
    &Rates::audio_input,  &Rates::image_input,  &Rates::output,      &Rates::thinking_output,
    &Rates::audio_output, &Rates::image_output};

TEST(Rates, TheDearestOfTwoTiersIsTheDearestOfEachPart) {
    for (const auto& [usual, of_tier] : {std::pair(1, 2), std::pair(2, 1)}) {
        config::Price price = price_of(all_at(usual));
        price.tiers = {{"priority", all_at(of_tier), {}}};
        const Rates dearest = dearest_rates(price, {.input_tokens = 10});
        for (const auto part : k_parts) EXPECT_EQ(dearest.*part, 2) << usual;
    }
}

TEST(Rates, APartWithoutAPriceHasThatOfTheRest) {
    config::Price price;
    price.input = 3;
    price.output = 5;
    price.parts.cache_write_input = 4;
    const Rates rates = rates_of(price, {.input_tokens = 1});
    EXPECT_EQ(rates.cache_write_1h, 4) << "written for longer is not cheaper";
    EXPECT_EQ(rates.audio_input, 3);
    EXPECT_EQ(rates.thinking_output, 5);
}

// A tier that says where its own steps begin is not dearer before them for those of others.
TEST(Rates, ATierWithStepsOfItsOwnKeepsToThem) {
    config::Price price = price_of(all_at(1));
    price.above = {{.prompt_tokens = 100, .prices = all_at(9)}};
    price.tiers = {{"own", all_at(2), {{.prompt_tokens = 1'000, .prices = all_at(20)}}},
                   {"none", all_at(2), {}}};
    const auto input_of = [&](const char* tier, std::int64_t prompt) {
        return rates_of(price, {.input_tokens = prompt, .service_tier = tier}).input;
    };
    EXPECT_EQ(input_of("own", 500), 2);
    EXPECT_EQ(input_of("own", 1'001), 20);
    EXPECT_EQ(input_of("none", 500), 9) << "a tier without steps is not cheaper than those";
    EXPECT_EQ(input_of("none", 100), 2) << "a step begins above its length";
}

}  // namespace
}  // namespace bellwether::policy
