#include "policy/cost/cost.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string_view>

namespace bellwether::policy {
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

config::Price claude() {
    config::Price claude = price(3'000'000, 15'000'000, 300'000);
    claude.parts.cache_write_input = 3'750'000;
    claude.parts.cache_write_input_1h = 6'000'000;
    return claude;
}

TEST(Cost, OfWhatIsWrittenToACacheDependsOnItsLifetime) {
    const auto price = claude();
    auto used = usage(1'000'000, 0, 100'000);
    used.cache_write_tokens = 500'000;
    used.cache_write_1h_tokens = 200'000;
    EXPECT_EQ(cost_of(used, &price), 30'000 + 200'000 * 6 + 300'000 * 15 / 4 + 400'000 * 3);
    auto plain = price;
    plain.parts = {};
    EXPECT_EQ(cost_of(used, &plain), 30'000 + 900'000 * 3) << "without a price of its own";
}

TEST(Cost, OfSoundAndPicturesIsTheirOwn) {
    auto omni = price(1'000'000, 2'000'000, 1'000'000);
    omni.parts.audio_input = 40'000'000;
    omni.parts.image_input = 5'000'000;
    omni.parts.audio_output = 80'000'000;
    omni.parts.image_output = 30'000'000;
    auto used = usage(100, 100);
    used.audio_input_tokens = 10;
    used.image_input_tokens = 20;
    used.audio_output_tokens = 30;
    used.image_output_tokens = 40;
    EXPECT_EQ(cost_of(used, &omni), 10 * 40 + 20 * 5 + 70 + 30 * 80 + 40 * 30 + 30 * 2);
    used.audio_input_tokens = 1'000'000;
    used.audio_output_tokens = 1'000'000;
    EXPECT_EQ(cost_of(used, &omni), 100 * 40 + 100 * 80) << "no more parts than there are tokens";
}

TEST(Cost, OfAnAnswerThatWasThoughtAbout) {
    auto qwen = price(400'000, 1'200'000, 400'000);
    qwen.parts.thinking_output = 4'000'000;
    auto used = usage(0, 1'000'000);
    EXPECT_EQ(cost_of(used, &qwen), 1'200'000);
    used.reasoning_tokens = 1;
    EXPECT_EQ(cost_of(used, &qwen), 4'000'000) << "all of it";
}

config::Price gemini() {
    config::Price gemini = price(1'250'000, 10'000'000, 125'000);
    gemini.above.push_back(
        {.prompt_tokens = 200'000,
         .prices = {.input = 2'500'000, .cached_input = 250'000, .output = 15'000'000}});
    return gemini;
}

TEST(Cost, OfALongPromptIsThatOfTheStepForTheWholeCall) {
    const auto price = gemini();
    EXPECT_EQ(cost_of(usage(200'000, 1'000), &price), 250'000 + 10'000);
    EXPECT_EQ(cost_of(usage(200'001, 1'000, 100'000), &price),
              (100'001 * 5 + 1) / 2 + 25'000 + 15'000);
}

config::TierPrice tier(const char* name, std::int64_t input, std::int64_t output) {
    return {.name = name,
            .prices = {.input = input, .cached_input = input, .output = output},
            .above = {}};
}

TEST(Cost, IsThatOfTheServiceTier) {
    auto price = gemini();
    price.tiers = {tier("priority", 3'000'000, 20'000'000), tier("flex", 500'000, 5'000'000)};
    const auto cost = [&](const char* name, std::int64_t input = 1'000) {
        auto used = usage(input, 1'000);
        used.service_tier = name;
        return cost_of(used, &price);
    };
    EXPECT_EQ(cost(""), 1'250 + 10'000);
    EXPECT_EQ(cost("default"), 1'250 + 10'000);
    EXPECT_EQ(cost("priority"), 3'000 + 20'000);
    EXPECT_EQ(cost("flex"), 500 + 5'000);
    EXPECT_EQ(cost("ultra"), 3'000 + 20'000) << "the dearest that is known";
    EXPECT_EQ(cost("flex", 300'000), 750'000 + 15'000) << "no cheaper than the step";
}

TEST(Cost, OfPiecesIsAddedUpExactly) {
    auto price = claude();
    price.units = {{.name = "web_search", .each = 10'000}, {.name = "web_fetch", .each = 0}};
    auto used = usage(1, 0);
    used.units = {{"web_search", 3}, {"web_fetch", 5}};
    EXPECT_EQ(cost_of(used, &price), 3 + 30'000);
}

// Unknown is never free.
TEST(Cost, IsNotKnownIfAPieceHasNoPrice) {
    const auto price = claude();
    auto used = usage(1'000, 0);
    used.units = {{"web_search", 1}};
    EXPECT_EQ(cost_of(used, &price), std::nullopt);
    EXPECT_EQ(cost_at_least(used, &price), 3'000);
}

Usage estimate(std::int64_t input, std::int64_t output, const char* tier = "default") {
    return {.input_tokens = input,
            .output_tokens = output,
            .source = UsageSource::estimate,
            .audio_input_tokens = 0,
            .image_input_tokens = 0,
            .service_tier = tier};
}

TEST(Cost, OfAnEstimateIsTheDearestThatItMayBe) {
    auto price = claude();
    EXPECT_EQ(cost_of(estimate(1'000, 0), &price), 6'000) << "all of it may be written for an hour";
    price = gemini();
    EXPECT_EQ(cost_of(estimate(200'000, 1'000), &price), 250'000 + 10'000);
    EXPECT_EQ(cost_of(estimate(300'000, 1'000), &price), 750'000 + 15'000);
    price.parts.thinking_output = 11'000'000;
    EXPECT_EQ(cost_of(estimate(0, 1'000), &price), 11'000);
    price.parts.audio_input = 100'000'000;
    EXPECT_EQ(cost_of(estimate(1'000, 0), &price), 1'250) << "there is no sound in it";
    auto unknown = estimate(1'000, 0);
    unknown.audio_input_tokens = -1;
    EXPECT_EQ(cost_of(unknown, &price), 100'000);
}

TEST(Cost, OfAnEstimateKnowsTheTiersThatItMayEndIn) {
    auto price = gemini();
    price.tiers = {tier("priority", 3'000'000, 20'000'000), tier("flex", 500'000, 5'000'000)};
    EXPECT_EQ(cost_of(estimate(1'000, 0, "default"), &price), 1'250);
    EXPECT_EQ(cost_of(estimate(1'000, 0, "flex"), &price), 1'250) << "or as usual";
    EXPECT_EQ(cost_of(estimate(1'000, 0, "priority"), &price), 3'000);
    EXPECT_EQ(cost_of(estimate(1'000, 0, "auto"), &price), 3'000);
    EXPECT_EQ(cost_of(estimate(1'000, 0, ""), &price), 3'000) << "the console may say so";
}

// However a call ends, it costs no more than was held for so many tokens.
TEST(Cost, IsNeverMoreThanThatOfItsEstimate) {
    std::mt19937_64 random(10);
    const auto below = [&](std::uint64_t end) { return static_cast<std::int64_t>(random() % end); };
    const auto maybe = [&]() -> std::optional<std::int64_t> {
        if (below(2) == 0) return std::nullopt;
        return below(20'000'000);
    };
    const auto prices = [&] {
        return config::CallPrices{
            .input = below(20'000'000),
            .cached_input = below(20'000'000),
            .output = below(20'000'000),
            .parts = {maybe(), maybe(), maybe(), maybe(), maybe(), maybe(), maybe()}};
    };
    const char* const tiers[] = {"", "auto", "default", "flex", "priority", "other"};
    for (int i = 0; i < 20'000; ++i) {
        const auto base = prices();
        config::Price entry = price(base.input, base.output, base.cached_input);
        entry.parts = base.parts;
        for (std::int64_t at = 1'000; below(2) == 0; at += 1 + below(5'000)) {
            entry.above.push_back({at, prices()});
        }
        for (const char* name : {"priority", "flex"}) {
            if (below(2) == 0) continue;
            entry.tiers.push_back({name, prices(), {}});
            if (below(2) == 0) entry.tiers.back().above.push_back({below(9'000), prices()});
        }
        const char* const asked = tiers[below(6)];
        const auto most = [&] {
            auto most = estimate(below(10'000), below(10'000), asked);
            most.audio_input_tokens = most.image_input_tokens = -1;
            return most;
        }();
        auto used = usage(below(static_cast<std::uint64_t>(most.input_tokens) + 1),
                          below(static_cast<std::uint64_t>(most.output_tokens) + 1), below(9'000));
        used.cache_write_tokens = below(9'000);
        used.cache_write_1h_tokens = below(9'000);
        used.audio_input_tokens = below(9'000);
        used.image_input_tokens = below(9'000);
        used.audio_output_tokens = below(9'000);
        used.image_output_tokens = below(9'000);
        used.reasoning_tokens = below(3);
        const bool open = *asked == '\0' || std::string_view(asked) == "auto";
        used.service_tier = open ? tiers[below(6)] : below(2) == 0 ? asked : "default";
        ASSERT_LE(cost_of(used, &entry).value(), cost_of(most, &entry).value())
            << asked << " " << used.service_tier << " " << i;
    }
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
}  // namespace bellwether::policy
