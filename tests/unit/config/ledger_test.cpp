// [ledger], and where the ledger is without it.
#include <cstdlib>

#include "mistakes.hpp"

namespace bellwether::config {
namespace {

constexpr const char* k_limit = "[[limits]]\nconcurrent = 1\n";

// With nothing in the environment that says where state belongs.
class LedgerTest : public ::testing::Test {
  protected:
    void SetUp() override {
        for (const char* name : {"STATE_DIRECTORY", "XDG_STATE_HOME"}) unsetenv(name);
        setenv("HOME", "/home/ann", 1);
    }

    static Ledger ledger(const std::string& toml) {
        const auto loaded = parse(toml + std::string(k_rest), "/etc/bw/c.toml");
        for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
        return loaded.config.ledger;
    }
    static Ledger at(const std::string& url, const std::string& more = {}) {
        return ledger("[ledger]\nurl = \"" + url + "\"\n" + more);
    }
};

TEST_F(LedgerTest, IsNotThereWhereNothingIsCounted) {
    EXPECT_EQ(ledger("").kind, StoreKind::none);
    EXPECT_EQ(ledger("[providers.a]\nmax_concurrent = 1\n").kind, StoreKind::memory);
}

TEST_F(LedgerTest, IsInTheFolderForStateByDefault) {
    EXPECT_EQ(ledger(k_limit).kind, StoreKind::sqlite);
    EXPECT_EQ(ledger(k_limit).file, "/home/ann/.local/state/bellwether/ledger.db");
    EXPECT_EQ(ledger("[ledger]\non_failure = \"allow\"\n").kind, StoreKind::sqlite);
    setenv("XDG_STATE_HOME", "/x", 1);
    EXPECT_EQ(ledger(k_limit).file, "/x/bellwether/ledger.db");
    setenv("XDG_STATE_HOME", "relative", 1);
    EXPECT_EQ(ledger(k_limit).file, "/home/ann/.local/state/bellwether/ledger.db");
    setenv("STATE_DIRECTORY", "/var/lib/bellwether:/var/lib/other", 1);
    EXPECT_EQ(ledger(k_limit).file, "/var/lib/bellwether/ledger.db");
}

TEST_F(LedgerTest, NeedsAPlace) {
    unsetenv("HOME");
    EXPECT_EQ(mistakes(k_limit + std::string(k_rest)),
              "c.toml: error: there is no place for the ledger: neither STATE_DIRECTORY, "
              "XDG_STATE_HOME nor HOME names a folder; expected [ledger] with url = "
              "\"sqlite:PATH\"");
}

TEST_F(LedgerTest, KnowsThreeStores) {
    EXPECT_EQ(at("memory:").kind, StoreKind::memory);
    EXPECT_EQ(at("sqlite:/a/b.db").file, "/a/b.db");
    EXPECT_EQ(at("sqlite:b.db").file, "/etc/bw/b.db");
    const Ledger plain = at("redis://h");
    EXPECT_EQ(plain.kind, StoreKind::redis);
    EXPECT_EQ(plain.host, "h");
    EXPECT_EQ(plain.port, 6379);
    EXPECT_EQ(plain.database, 0);
    EXPECT_EQ(plain.prefix, "bellwether");
    EXPECT_FALSE(plain.encrypted || plain.allows_on_failure);
    const Ledger full = at("rediss://ann@[::1]:7000/3",
                           "password = \"env:P\"\nprefix = \"a:b\"\non_failure = \"allow\"\n");
    EXPECT_EQ(full.host, "::1");
    EXPECT_EQ(full.port, 7000);
    EXPECT_EQ(full.user, "ann");
    EXPECT_EQ(full.database, 3);
    EXPECT_EQ(full.password, "env:P");
    EXPECT_EQ(full.prefix, "a:b");
    EXPECT_TRUE(full.encrypted && full.allows_on_failure);
}

TEST_F(LedgerTest, EveryMistakeHasItsPlace) {
    const std::string kinds =
        "; expected \"memory:\", \"sqlite:PATH\", \"redis://host:port/0\" or "
        "\"rediss://host:port/0\"";
    const std::pair<const char*, const char*> cases[] = {
        {"postgres://h", "is of no kind that there is"},
        {"memory", "is of no kind that there is"},
        {"sqlite:", "names no file"},
        {"sqlite: ", "names no file"},
        {"sqlite::memory:", "names no file, but what SQLite keeps in memory"},
        {"sqlite::other:", "names no file, but what SQLite keeps in memory"},
        {"sqlite:file:a.db", "holds a URI of SQLite where the path of a file belongs"},
        {"sqlite:file::memory:?cache=shared",
         "holds a URI of SQLite where the path of a file belongs"},
        {"sqlite:/a/b.db?mode=memory", "has a query or a fragment"},
        {"sqlite:/a/b.db#part", "has a query or a fragment"},
        {"sqlite:/a/", "names a folder"},
        {"sqlite:.", "names a folder"},
        {"sqlite:a/..", "names a folder"},
        {"sqlite:a\\u0000b", "holds a character that it cannot contain"},
        {"sqlite:///a", "has slashes where the path begins"},
        {"sqlite:~/a", "begins with ~, which only a shell knows"},
        {"redis://", "names no host"},
        {"redis://:6379", "names no host"},
        {"redis://h:0", "has no valid port behind the host"},
        {"redis://h:x", "has no valid port behind the host"},
        {"redis://h/x", "has no number of a database behind the host"},
        {"redis://h/-1", "has no number of a database behind the host"},
        {"redis://[::1", "has no ] behind its address"},
        {"redis://h?a=1", "has a query or a fragment"},
        {"redis://h h", "holds a character that it cannot contain"},
    };
    for (const auto& [url, message] : cases) {
        EXPECT_EQ(mistakes("[ledger]\nurl = \"" + std::string(url) + "\"" + std::string(k_rest)),
                  "c.toml:2:7: error: ledger.url " + std::string(message) + kinds)
            << url;
    }
}

TEST_F(LedgerTest, AUserHasAPassword) {
    EXPECT_EQ(mistakes("[ledger]\nurl = \"redis://ann@h\"" + std::string(k_rest)),
              "c.toml:2:1: error: ledger.url names a user without a password; expected password = "
              "\"env:NAME\" or \"file:/path\" beside it");
}

TEST_F(LedgerTest, NeverRepeatsAPassword) {
    for (const std::string url : {"redis://:hunter2@h", "redis://ann:hunter2@h:1/0",
                                  "rediss://ann:hun@ter2@h", "redis://a:hunter2?@h"}) {
        EXPECT_EQ(mistakes("[ledger]\nurl = \"" + url + "\"" + std::string(k_rest)),
                  "c.toml:2:7: error: ledger.url holds a password; write password = \"env:NAME\" "
                  "or \"file:/path\" beside it");
    }
    const std::string text =
        mistakes("[ledger]\nurl = \"redis://h\"\npassword = \"hunter2\"" + std::string(k_rest));
    EXPECT_EQ(
        text,
        "c.toml:3:12: error: ledger.password does not begin with \"env:\" or \"file:\"; write "
        "\"env:NAME\" or \"file:/path\": a password does not belong in a config file");
}

TEST_F(LedgerTest, KeepsUsageForAYearAndAMonthUnlessToldOtherwise) {
    constexpr std::chrono::days k_year(365), k_month(31);
    EXPECT_GE(ledger(k_limit).keep_usage, k_year + k_month);
    EXPECT_EQ(at("redis://h").keep_usage, ledger(k_limit).keep_usage);
    EXPECT_EQ(at("sqlite:a", "keep_usage = \"90d\"\n").keep_usage, std::chrono::days(90));
    EXPECT_EQ(at("redis://h", "keep_usage = \"48h\"\n").keep_usage, std::chrono::hours(48));
    EXPECT_EQ(at("sqlite:a", "keep_usage = \"forever\"\n").keep_usage.count(), 0);
}

TEST_F(LedgerTest, HasAnEndOfItsCounters) {
    EXPECT_EQ(ledger(k_limit).max_counters, 1'000'000u);
    EXPECT_EQ(at("memory:", "max_counters = 100\n").max_counters, 100u);
    EXPECT_EQ(mistakes("[ledger]\nmax_counters = 99" + std::string(k_rest)),
              "c.toml:2:16: error: ledger.max_counters = 99 is out of range; expected a whole "
              "number from 100 to 100000000");
}

TEST_F(LedgerTest, SaysWhenItIsWrittenAndHowFar) {
    EXPECT_EQ(ledger(k_limit).linger, std::chrono::milliseconds(10));
    EXPECT_EQ(ledger(k_limit).sync, Sync::disk);
    EXPECT_EQ(at("sqlite:a", "linger = \"0ms\"\n").linger.count(), 0);
    EXPECT_EQ(at("sqlite:a", "linger = \"1s\"\n").linger, std::chrono::seconds(1));
    EXPECT_EQ(at("sqlite:a", "sync = \"os\"\n").sync, Sync::os);
    EXPECT_EQ(mistakes("[ledger]\nlinger = \"2s\"" + std::string(k_rest)),
              "c.toml:2:10: error: ledger.linger = \"2s\" is out of range; expected \"0ms\" to "
              "\"1s\"");
    EXPECT_EQ(mistakes("[ledger]\nsync = \"none\"" + std::string(k_rest)),
              "c.toml:2:8: error: ledger.sync = \"none\" is unknown; expected one of "
              "\"disk\", \"os\"");
    EXPECT_EQ(mistakes("[ledger]\nurl = \"memory:\"\nlinger = \"1ms\"" + std::string(k_rest)),
              "c.toml:3:1: warning: ledger.linger has no effect with this url");
    EXPECT_EQ(mistakes("[ledger]\nurl = \"redis://h\"\nsync = \"os\"" + std::string(k_rest)),
              "c.toml:3:1: warning: ledger.sync has no effect with this url");
}

// "none" could be taken for "keep none of it" as well as for "no limit".
TEST_F(LedgerTest, WhatUsageIsKeptForIsNeverGuessed) {
    const std::string lead = "c.toml:2:14: error: ledger.keep_usage = ";
    const std::string expected = "; expected a duration such as \"90d\", \"48h\" or \"forever\"";
    const std::string range = " is out of range; expected \"1h\" to \"10000d\", or \"forever\"";
    const std::pair<std::string, std::string> cases[] = {
        {"\"none\"", " is not a duration" + expected},
        {"\"30s\"", " is not a duration" + expected},
        {"90", " has no unit" + expected + "; did you mean \"90d\"?"},
        {"\"0d\"", range},
        {"\"10001d\"", range},
    };
    for (const auto& [value, message] : cases) {
        EXPECT_EQ(mistakes("[ledger]\nkeep_usage = " + value + std::string(k_rest)),
                  lead + value + message);
    }
}

TEST_F(LedgerTest, SaysWhatHasNoEffect) {
    EXPECT_EQ(mistakes("[ledger]\nurl = \"memory:\"\nprefix = \"p\"" + std::string(k_rest)),
              "c.toml:3:1: warning: ledger.prefix has no effect with this url");
    EXPECT_EQ(mistakes("[ledger]\nurl = \"memory:\"\nkeep_usage = \"1d\"" + std::string(k_rest)),
              "c.toml:3:1: warning: ledger.keep_usage has no effect with this url");
    EXPECT_EQ(mistakes("[ledger]\nurl = \"redis://h\"\nprefix = \"a b\"" + std::string(k_rest)),
              "c.toml:3:10: error: ledger.prefix = \"a b\" is no prefix; expected 1 to 64 "
              "letters, digits, \"-\", \"_\", \".\" and \":\"");
    EXPECT_EQ(
        mistakes("[ledger]\nurl = \"memory:\"\non_failures = \"allow\"" + std::string(k_rest)),
        "c.toml:3:1: error: unknown key \"on_failures\" in ledger; expected one of url, "
        "password, ca_file, prefix, on_failure, keep_usage, max_counters, linger, sync; did you "
        "mean "
        "\"on_failure\"?");
}

}  // namespace
}  // namespace bellwether::config
