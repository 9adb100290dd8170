// [health], and `probe` of providers.
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

TEST(Health, HasDefaults) {
    const auto loaded = parse(k_rest, "c.toml");
    ASSERT_TRUE(loaded.ok());
    const Health& health = loaded.config.health;
    EXPECT_EQ(health.failures, 5u);
    EXPECT_EQ(health.error_percent, 50u);
    EXPECT_EQ(health.calls_min, 20u);
    EXPECT_EQ(health.window, milliseconds(30'000));
    EXPECT_EQ(health.first, milliseconds(10'000));
    EXPECT_EQ(health.longest, milliseconds(300'000));
    EXPECT_EQ(loaded.config.providers[0].probe, milliseconds(0));
}

TEST(Health, ReadsEveryKey) {
    const auto loaded = parse(
        "[health]\nfailures = 0\nerror_percent = 25\ncalls_min = 4\nwindow = \"1m\"\n"
        "first = \"100ms\"\nlongest = \"2s\"\n[providers.p]\nprobe = \"30s\"\n" +
            std::string(k_rest),
        "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    const Health& health = loaded.config.health;
    EXPECT_EQ(health.failures, 0u);
    EXPECT_EQ(health.error_percent, 25u);
    EXPECT_EQ(health.calls_min, 4u);
    EXPECT_EQ(health.window, milliseconds(60'000));
    EXPECT_EQ(health.first, milliseconds(100));
    EXPECT_EQ(health.longest, milliseconds(2'000));
    EXPECT_EQ(loaded.config.providers[0].probe, milliseconds(30'000));
}

TEST(Health, ChecksItsKeys) {
    const Mistake cases[] = {
        {"[health]\nfailures = -1",
         "c.toml:2:12: error: health.failures = -1 is out of range; expected a whole number from 0 "
         "to 1000"},
        {"[health]\nerror_percent = \"50%\"",
         "c.toml:2:17: error: health.error_percent is a string; expected a whole number from 0 to "
         "100"},
        {"[health]\nwindow = \"500ms\"",
         "c.toml:2:10: error: health.window = \"500ms\" is out of range; expected \"1s\" to "
         "\"1h\""},
        {"[health]\nfirst = \"10m\"\nlongest = \"5m\"",
         "c.toml:2:9: warning: health.first is longer than health.longest, which counts instead"},
        {"[health]\nallowed_fails = 3",
         "c.toml:2:1: error: unknown key \"allowed_fails\" in health; here: failures = 5, in a "
         "row"},
        {"[health]\ncooldown_time = 30",
         "c.toml:2:1: error: unknown key \"cooldown_time\" in health; here: first = \"10s\" and "
         "longest = \"5m\""},
        {"[providers.p]\nprobe = \"100ms\"",
         "c.toml:2:9: error: providers.p.probe = \"100ms\" is out of range; expected \"1s\" to "
         "\"24h\", or \"none\""},
        {"[providers.p]\nprobe = \"none\"", ""},
    };
    expect_all(cases);
}

}  // namespace
}  // namespace bellwether::config
