// What a worker has learned of how many tokens a model's prompts make of their bytes.
#include "policy/estimate/densities.hpp"

#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

constexpr PromptSize k_prompt{.text_bytes = 1'000};

TEST(Densities, AreTheDefaultOfWhatNobodyKnows) {
    const Densities densities;
    EXPECT_EQ(densities.of("p", "m"), k_density_default);
}

TEST(Densities, AreLearnedOfAModelAtAProvider) {
    Densities densities;
    densities.learn("p", "m", k_prompt, 800);
    EXPECT_EQ(densities.of("p", "m"), 800);
    EXPECT_EQ(densities.of("p", "other"), k_density_default);
    EXPECT_EQ(densities.of("other", "m"), k_density_default);
    densities.learn("p", "m", k_prompt, 900);
    EXPECT_EQ(densities.of("p", "m"), 900) << "more is believed at once";
}

// One prompt of Chinese must not make all that follow dear, nor the next of English cheap.
TEST(Densities, SinkSlowlyToTheDefault) {
    Densities densities;
    densities.learn("p", "m", k_prompt, 953);
    ASSERT_EQ(densities.of("p", "m"), k_density_default + 640);
    densities.learn("p", "m", k_prompt, 100);
    EXPECT_EQ(densities.of("p", "m"), k_density_default + 630) << "by a sixty-fourth";
    densities.learn("p", "m", k_prompt, 942);
    EXPECT_EQ(densities.of("p", "m"), 942) << "no lower than what was seen last";
    for (int i = 0; i < 1'000; ++i) densities.learn("p", "m", k_prompt, 100);
    EXPECT_EQ(densities.of("p", "m"), k_density_default) << "and in the end all of it";
}

TEST(Densities, LearnOnlyFromTextThatIsLongEnough) {
    Densities densities;
    densities.learn("p", "m", {.text_bytes = 255}, 255);
    densities.learn("p", "m", {.text_bytes = 1'000, .media_tokens = 1}, 900);
    densities.learn("p", "m", {.text_bytes = 1'000, .part_tokens = 1}, 900);
    EXPECT_EQ(densities.of("p", "m"), k_density_default);
    densities.learn("p", "m", {.text_bytes = 256}, 256);
    EXPECT_EQ(densities.of("p", "m"), k_density_max);
}

// Names come from clients: where globs route them, there may be any number.
TEST(Densities, AreKeptOfAThousandModelsAtMost) {
    Densities densities;
    densities.learn("p", "usual", k_prompt, 100);
    for (int i = 0; i < 1'000; ++i) densities.learn("p", std::to_string(i), k_prompt, 900);
    EXPECT_EQ(densities.of("p", "999"), 900) << "what shows nothing new takes no room";
    densities.learn("p", "one more", k_prompt, 900);
    EXPECT_EQ(densities.of("p", "one more"), k_density_default);
    densities.learn("p", "7", k_prompt, 950);
    EXPECT_EQ(densities.of("p", "7"), 950) << "who is known goes on learning";
}

}  // namespace
}  // namespace bellwether::policy
