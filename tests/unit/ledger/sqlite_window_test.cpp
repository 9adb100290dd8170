// The commit window of a SQLite file: what goes to it by itself, what waits for company, and who
// does not have to wait for that. An hour is for ever here: what is written was written for
// another reason.
#include <thread>

#include "ledger/sqlite/journal.hpp"
#include "sqlite_fixture.hpp"

namespace bellwether::ledger {
namespace {

using namespace std::chrono_literals;

class SqliteWindowTest : public SqliteTest {
  protected:
    std::int64_t holds() { return number("SELECT count(*) FROM holds"); }
    std::int64_t rows_in_file() { return number("SELECT count(*) FROM usage"); }

    template <typename Done>
    static bool wait_until(Done done) {
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (!done()) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_for(1ms);
        }
        return true;
    }

    // Its counter is in the file as well: the first hold of one brings everything with it.
    static HoldId durable_hold(Till& till) {
        const auto id = till.held({budget("b", 10, 1'000)});
        EXPECT_TRUE(id && till.durable(*id));
        return id.value_or(HoldId{});
    }
};

TEST_F(SqliteWindowTest, HoldsGoToTheFileByThemselves) {
    for (const auto sync : {config::Sync::disk, config::Sync::os}) {
        const auto store = open({.linger = 1h, .sync = sync});
        Till till(*store);
        const auto id = durable_hold(till);
        ASSERT_TRUE(till.held({budget("b", 10, 1'000)}));
        ASSERT_TRUE(till.held({budget("b", 10, 1'000)}));
        EXPECT_TRUE(wait_until([&] { return holds() == 3; }));
        till.settle(id, {1});
        ASSERT_TRUE(till.held({budget("b", 10, 1'000)}));
        EXPECT_TRUE(wait_until([&] { return holds() == 4; })) << "beside a settlement that lingers";
        EXPECT_EQ(rows_in_file(), sync == config::Sync::disk ? 0 : 4) << "of the round before";
    }
}

TEST_F(SqliteWindowTest, ASettlementLingersAndItsHoldStandsForItMeanwhile) {
    {
        const auto store = open({.linger = 1h});
        Till till(*store);
        till.settle(durable_hold(till), {1}, "req");
        durable_hold(till);
        EXPECT_EQ(holds(), 2) << "what a kill would leave: the call at its estimate";
        EXPECT_EQ(rows_in_file(), 0);
        ASSERT_TRUE(store->flush(10'000));
        EXPECT_EQ(holds(), 1);
        EXPECT_EQ(rows_in_file(), 1);
    }
    const auto store = open({.linger = 0ms});
    Till till(*store);
    till.settle(durable_hold(till), {1}, "at once");
    EXPECT_TRUE(wait_until([&] { return rows_in_file() == 3; }));
}

TEST_F(SqliteWindowTest, AnAnswerWaitsForItsHoldOnly) {
    for (const auto sync : {config::Sync::disk, config::Sync::os}) {
        const auto store = open({.linger = 1h, .sync = sync});
        Till till(*store);
        durable_hold(till);
        const auto id = till.held({budget("b", 10, 1'000)});
        ASSERT_TRUE(id);
        EXPECT_TRUE(till.durable(*id));
        EXPECT_EQ(till.session().written(*id), Written::yes);
    }
}

TEST_F(SqliteWindowTest, AHoldIsDurableByItselfAfterTwoWindows) {
    for (const auto sync : {config::Sync::disk, config::Sync::os}) {
        const auto store = open({.linger = 5ms, .sync = sync});
        Till till(*store);
        const auto id = till.held({budget("b", 10, 1'000)});
        ASSERT_TRUE(id);
        EXPECT_TRUE(wait_until([&] { return till.session().written(*id) == Written::yes; }));
    }
}

// Its hold is nowhere in the file, but its usage must be.
TEST_F(SqliteWindowTest, ACallThatEndsWhileItsAnswerWaitsIsWrittenBeforeThatIsToldOf) {
    const auto store = open({.linger = 1h});
    Till till(*store);
    durable_hold(till);
    const auto id = till.held({budget("b", 10, 1'000)});
    ASSERT_TRUE(id);
    std::optional<bool> told;
    till.session().when_durable(*id, [&](bool durable) { told = durable; });
    till.settle(*id, {3}, "short");
    till.run([&] { return told.has_value(); });
    EXPECT_EQ(told, true);
    EXPECT_EQ(rows_in_file() + holds(), 2) << "it is written in one way or the other";
}

TEST_F(SqliteWindowTest, ReportsSeeWhatLingers) {
    const auto store = open({.linger = 1h});
    Till till(*store);
    till.settle(durable_hold(till), {1}, "req");
    int seen = 0;
    ASSERT_TRUE(
        store->each_usage({}, [&](const UsageRow& row) { seen += row.request_id == "req"; }));
    EXPECT_EQ(seen, 1);
}

TEST_F(SqliteWindowTest, TheEndOfAHostWritesAll) {
    for (const auto sync : {config::Sync::disk, config::Sync::os}) {
        {
            const auto store = open({.linger = 1h, .sync = sync});
            Till till(*store);
            till.settle(durable_hold(till), {1});
            till.settle(*till.held({budget("b", 10, 1'000)}), {1});
        }
        EXPECT_EQ(holds(), 0);
        EXPECT_EQ(rows_in_file(), sync == config::Sync::disk ? 2 : 4);
    }
}

// The counter of a hold must be known, for a hold of a host that ends is settled into it.
TEST_F(SqliteWindowTest, TheFirstHoldOfACounterBringsTheCounter) {
    const auto store = open({.linger = 1h});
    Till till(*store);
    ASSERT_TRUE(till.held({budget("b", 10, 1'000)}));
    EXPECT_TRUE(wait_until([&] { return holds() == 1; }));
    EXPECT_EQ(number("SELECT count(*) FROM counters"), 1);
}

TEST_F(SqliteWindowTest, TheFirstHoldOfACounterBringsItWhateverComesBesideIt) {
    const auto store = open({.linger = 1h});
    Till till(*store);
    int counters = 0;
    for (const char* rule : {"a", "b", "c"}) {
        ASSERT_TRUE(till.held({budget(rule, 10, 1'000)}));
        ASSERT_TRUE(till.held({budget(rule, 10, 1'000)}));
        ++counters;
        EXPECT_TRUE(wait_until([&] { return holds() == 2 * counters; }));
        EXPECT_EQ(number("SELECT count(*) FROM counters"), counters);
    }
}

// A host that runs for weeks must not come to the end of what may wait.
TEST_F(SqliteWindowTest, WhatWasWrittenNoLongerWaits) {
    const auto store = open();
    Till till(*store);
    for (std::size_t operations = 0; operations <= k_unwritten_max; operations += 2) {
        const auto id = till.held({budget("b", 1, 10)});
        ASSERT_TRUE(id) << operations;
        till.session().settle({.id = *id, .amounts = {0}, .recorded = false});
        if (operations % 10'000 == 0) {
            ASSERT_TRUE(store->flush(60'000));
        }
    }
}

}  // namespace
}  // namespace bellwether::ledger
