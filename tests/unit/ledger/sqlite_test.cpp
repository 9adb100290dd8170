// The SQLite store: the suite of all stores, and what only a file can do.
#include "ledger/sqlite/store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sqlite_fixture.hpp"

namespace bellwether::ledger {
namespace {

using testing::HasSubstr;

class SqliteUnderTest final : public StoreUnderTest {
  public:
    explicit SqliteUnderTest(SqliteSettings settings = {})
        : store_(open_sqlite(folder_.file(), clock_.clock(), settings).value()) {}

    Store& store() override { return *store_; }
    void advance(std::chrono::microseconds time) override { clock_.advance(time); }

  private:
    Folder folder_;
    ClockUnderTest clock_;
    std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreSuite,
                         testing::Values(StoreKind{
                             "sqlite", [] { return std::make_unique<SqliteUnderTest>(); }}),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(Sqlite, CrowdedStoreSuite,
                         testing::Values(StoreKind{"sqlite",
                                                   [] {
                                                       return std::make_unique<SqliteUnderTest>(
                                                           SqliteSettings{.counters_max = k_crowd});
                                                   }}),
                         [](const auto& info) { return info.param.name; });

TEST_F(SqliteTest, RemembersWhatWasUsed) {
    {
        const auto store = open();
        Till till(*store);
        const auto id = till.held({budget("b", 60, 100, {0, 2'000'000'000}), rate("r", 5, 1, 5)});
        ASSERT_TRUE(id);
        till.settle(*id, {42, 5}, "req");
    }
    const auto store = open();
    Till till(*store);
    EXPECT_EQ(used(*store, "b"), 42);
    EXPECT_FALSE(till.held({budget("b", 59, 100, {0, 2'000'000'000})}));
    EXPECT_TRUE(till.held({budget("b", 58, 100, {0, 2'000'000'000})}));
    EXPECT_FALSE(till.held({rate("r", 1, 1, 5)}));
    ASSERT_EQ(rows(*store).size(), 1u);
    EXPECT_EQ(rows(*store).front().request_id, "req");
}

TEST_F(SqliteTest, WhatWasUsedIsNotForgottenThoughThereMayBeFewerCountersNow) {
    const auto claim = [](int user) {
        auto claim = budget("each", 7, 10);
        claim.counter.value = std::to_string(user);
        return claim;
    };
    {
        const auto store = open();
        Till till(*store);
        for (int user = 0; user < 9; ++user) till.settle(*till.held({claim(user)}), {7});
    }
    const auto store = open_sqlite(file(), clock_.clock(), {.counters_max = 4}).value();
    Till till(*store);
    for (int user = 0; user < 9; ++user) {
        EXPECT_EQ(till.ask({claim(user)}).answer, HoldAnswer::refused) << "7 of 10 are used";
    }
    EXPECT_EQ(till.ask({claim(9)}).answer, HoldAnswer::full);
    EXPECT_EQ(store->counters()->size(), 9u);
}

TEST_F(SqliteTest, CallsWhoseHostEndedAreSettledAtTheirEstimates) {
    {
        const auto store = open();
        Till till(*store);
        UsageRow estimate = till.row("lost");
        estimate.usage = {.input_tokens = 7, .output_tokens = 60};
        till.session().hold(
            {.id = till.session().next_id(),
             .claims = {budget("b", 60, 100), concurrency("c", 1, 1)},
             .estimate = estimate},
            [](const Verdict& verdict) { EXPECT_EQ(verdict.answer, HoldAnswer::held); });
        ASSERT_TRUE(store->flush(10'000));
    }
    EXPECT_EQ(number("SELECT count(*) FROM holds"), 1);
    const auto store = open();
    EXPECT_EQ(used(*store, "b"), 60);
    Till till(*store);
    EXPECT_TRUE(till.held({budget("b", 40, 100), concurrency("c", 1, 1)}));
    ASSERT_EQ(rows(*store).size(), 1u);
    const auto row = rows(*store).front();
    EXPECT_EQ(row.request_id, "lost");
    EXPECT_EQ(row.status, 0);
    EXPECT_EQ(row.error, "host_lost");
    EXPECT_EQ(row.usage.source, UsageSource::estimate);
    EXPECT_EQ(row.usage.output_tokens, 60);
}

TEST_F(SqliteTest, LostCallsOfAnOldWindowDoNotCountInTheNewOne) {
    const Window first{0, 10};
    const Window second{10, 2'000'000'000};
    {
        const auto store = open();
        Till till(*store);
        ASSERT_TRUE(till.held({budget("b", 60, 100, first)}));
        ASSERT_TRUE(till.held({budget("b", 70, 100, second)}));
    }
    const auto store = open();
    EXPECT_EQ(used(*store, "b"), 70);
    ASSERT_TRUE(store->flush(10'000));
    EXPECT_EQ(number("SELECT count(*) FROM counters"), 1) << "the old window is forgotten";
}

TEST_F(SqliteTest, AReportReadsWhatAHostWrites) {
    const auto store = open();
    Till till(*store);
    const auto first = till.held({budget("b", 60, 100)});
    const auto second = till.held({budget("b", 30, 100)});
    ASSERT_TRUE(first && second);
    till.settle(*first, {50}, "req");
    ASSERT_TRUE(store->flush(10'000));
    auto report = SqliteReport::open(file());
    ASSERT_TRUE(report) << report.error().message;
    const auto counters = report->counters(till.session().now_us());
    ASSERT_TRUE(counters) << counters.error().message;
    ASSERT_EQ(counters->size(), 1u);
    EXPECT_EQ(counters->front().used, 50);
    EXPECT_EQ(counters->front().held, 30);
    int rows = 0;
    EXPECT_TRUE(report->each_usage({}, [&](const UsageRow&) { ++rows; }));
    EXPECT_EQ(rows, 1);
}

TEST_F(SqliteTest, CallbacksOfAClosedSessionAreDropped) {
    const auto store = open();
    boost::asio::io_context loop;
    bool called = false;
    {
        const auto session = store->open(loop);
        const auto id = session->next_id();
        session->hold({.id = id, .claims = {budget("b", 1, 10)}}, [](const Verdict&) {});
        session->when_durable(id, [&, own = std::make_unique<int>(1)](bool) { called = true; });
        called = false;
    }
    ASSERT_TRUE(store->flush(10'000));
    loop.run();
    EXPECT_FALSE(called);
}

TEST_F(SqliteTest, OneFileHasOneHost) {
    const auto store = open();
    EXPECT_THAT(refusal(), HasSubstr("another host uses this ledger"));
    EXPECT_THAT(refusal(), HasSubstr("redis://"));
}

TEST_F(SqliteTest, TheFileIsForItsOwner) {
    const auto store = open();
    struct stat found {};
    ASSERT_EQ(::stat(file().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u);
    ASSERT_EQ(::stat((file() + "-wal").c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u);
}

TEST_F(SqliteTest, TheLastPartOfAMissingFolderIsMade) {
    EXPECT_TRUE(open_sqlite(folder_.path() + "/new/ledger.db"));
    const auto deep = open_sqlite(folder_.path() + "/no/such/ledger.db");
    ASSERT_FALSE(deep);
    EXPECT_THAT(deep.error().message, HasSubstr("/no/such is not there and cannot be made"));
}

TEST_F(SqliteTest, AFileOfAnotherProgramIsLeftAlone) {
    run_sql("CREATE TABLE photos(name TEXT)");
    EXPECT_THAT(refusal(), HasSubstr("file of another program"));
    EXPECT_EQ(number("SELECT count(*) FROM sqlite_master"), 1);
}

TEST_F(SqliteTest, AFileThatIsNoDatabaseIsLeftAlone) {
    std::ofstream(file()) << std::string(5000, 'x');
    EXPECT_THAT(refusal(), HasSubstr("file is not a database"));
    EXPECT_EQ(std::filesystem::file_size(file()), 5000u);
}

TEST_F(SqliteTest, ADamagedFileIsAnError) {
    {
        const auto store = open();
        Till till(*store);
        for (int i = 0; i < 500; ++i) {
            till.settle(*till.held({budget("b" + std::to_string(i), 1, 10)}), {1});
        }
    }
    std::fstream stream(file(), std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 1; page < 10; ++page) {
        stream.seekp(page * 4096);
        stream << std::string(4096, '\x7f');
    }
    stream.close();
    EXPECT_THAT(refusal(), HasSubstr("malformed"));
}

TEST_F(SqliteTest, ALedgerOfANewerVersionIsRefused) {
    open().reset();
    run_sql("PRAGMA user_version=1000");
    EXPECT_THAT(refusal(), HasSubstr("schema 1000"));
}

TEST_F(SqliteTest, ALedgerOfTheFirstVersionIsBroughtUp) {
    run_sql(R"sql(
CREATE TABLE counters(id INTEGER PRIMARY KEY, rule TEXT NOT NULL, value TEXT NOT NULL,
  window_start INTEGER NOT NULL, window_end INTEGER NOT NULL, used INTEGER NOT NULL);
CREATE TABLE rates(id INTEGER PRIMARY KEY, rule TEXT NOT NULL, value TEXT NOT NULL,
  full_ns INTEGER NOT NULL, units INTEGER NOT NULL, period_us INTEGER NOT NULL);
CREATE TABLE holds(host INTEGER NOT NULL, number INTEGER NOT NULL, claims TEXT NOT NULL,
  time_us INTEGER NOT NULL, request_id TEXT NOT NULL, key TEXT NOT NULL, user TEXT NOT NULL,
  team TEXT NOT NULL, route TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,
  upstream_model TEXT NOT NULL, input_tokens INTEGER, output_tokens INTEGER,
  cached_input_tokens INTEGER, reasoning_tokens INTEGER, usage_source TEXT NOT NULL,
  cost_micro_usd INTEGER, list_cost_micro_usd INTEGER, duration_us INTEGER,
  first_token_us INTEGER, status INTEGER NOT NULL, error TEXT NOT NULL,
  PRIMARY KEY(host, number)) WITHOUT ROWID;
CREATE TABLE usage(time_us INTEGER NOT NULL, request_id TEXT NOT NULL, key TEXT NOT NULL,
  user TEXT NOT NULL, team TEXT NOT NULL, route TEXT NOT NULL, model TEXT NOT NULL,
  provider TEXT NOT NULL, upstream_model TEXT NOT NULL, input_tokens INTEGER,
  output_tokens INTEGER, cached_input_tokens INTEGER, reasoning_tokens INTEGER,
  usage_source TEXT NOT NULL, cost_micro_usd INTEGER, list_cost_micro_usd INTEGER,
  duration_us INTEGER, first_token_us INTEGER, status INTEGER NOT NULL, error TEXT NOT NULL);
INSERT INTO counters VALUES(3, 'b', '', 0, 0, 40);
INSERT INTO rates VALUES(4, 'r', '', 1790000300000000000, 1, 60000000);
INSERT INTO holds VALUES(1, 2, '3:25', 5, 'lost', '', '', '', '', '', '', '', 9, 16, NULL, NULL,
  'none', NULL, NULL, NULL, NULL, 0, '');
INSERT INTO usage VALUES(4, 'old', '', '', '', '', '', '', '', 1, 2, NULL, NULL, 'provider',
  3, NULL, NULL, NULL, 200, '');
PRAGMA application_id=1115114599; PRAGMA user_version=1;)sql");
    const auto store = open();
    ASSERT_TRUE(store);
    EXPECT_EQ(used(*store, "b"), 65);
    EXPECT_EQ(number("PRAGMA user_version"), 2);
    EXPECT_EQ(number("SELECT count(*) FROM sqlite_master WHERE name='usage_by_time'"), 1);
    const auto all = rows(*store);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].request_id, "old");
    EXPECT_EQ(all[1].request_id, "lost");
    Till till(*store);
    EXPECT_EQ(till.ask({soft(rate("r", 1, 1, 5))}).standings[0].left, -1);
}

}  // namespace
}  // namespace bellwether::ledger
