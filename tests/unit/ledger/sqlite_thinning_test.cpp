// Old usage rows: exactly those go, a few at a time, and nothing that counts goes with them.
#include "ledger/sqlite/thinning.hpp"

#include <thread>

#include "ledger/sqlite/schema.hpp"
#include "sqlite_fixture.hpp"

namespace bellwether::ledger {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::days k_keep{90};

class SqliteThinningTest : public SqliteTest {
  protected:
    // So many rows, a microsecond apart, of which the last is so old.
    void add_rows(std::int64_t count, std::chrono::microseconds age) {
        run_sql("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                std::to_string(count - 1) + ") INSERT INTO usage SELECT " +
                std::to_string(clock_.clock()() - age.count()) +
                " - i, '', '', '', '', '', '', '', '', 1, 1, 0, 0, 'provider', 1, 1, 1, 1, 200, '' "
                "FROM n");
    }
    std::int64_t count() { return number("SELECT count(*) FROM usage"); }
    std::unique_ptr<Store> open(std::chrono::milliseconds keep) {
        return SqliteTest::open({.keep_usage = keep});
    }
    bool comes_to(std::int64_t rows) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (count() != rows) {
            if (std::chrono::steady_clock::now() > end) return false;
            std::this_thread::sleep_for(2ms);
        }
        return true;
    }
};

TEST_F(SqliteThinningTest, TakesOutExactlyTheOldRowsAFewAtATime) {
    SqliteTest::open().reset();
    add_rows(1'100, k_keep + 1us);
    add_rows(10, k_keep - 9us);  // the oldest of them is just as old as it may be
    auto database = Database::open(file(), Database::Access::write).value();
    auto thinning = SqliteThinning::prepare(*database, k_keep, clock_.clock());
    ASSERT_TRUE(thinning) << thinning.error().message;
    const auto oldest_left = [&] {
        return clock_.clock()() - number("SELECT min(time_us) FROM usage");
    };
    EXPECT_EQ(thinning->thin(), std::size_t{500});
    EXPECT_EQ(count(), 610);
    EXPECT_EQ(oldest_left(), std::chrono::microseconds(k_keep + 600us).count()) << "oldest first";
    EXPECT_EQ(thinning->thin(), std::size_t{500});
    EXPECT_EQ(thinning->thin(), std::size_t{100});
    EXPECT_EQ(thinning->thin(), std::size_t{0});
    EXPECT_EQ(count(), 10);
    EXPECT_EQ(oldest_left(), std::chrono::microseconds(k_keep).count());
    clock_.advance(5us);
    EXPECT_EQ(thinning->thin(), std::size_t{5});
}

TEST_F(SqliteThinningTest, LooksAgainSoonOnlyWhileThereIsMore) {
    SqliteTest::open().reset();
    add_rows(501, k_keep + 1us);
    auto database = Database::open(file(), Database::Access::write).value();
    auto thinning = SqliteThinning::prepare(*database, k_keep, clock_.clock()).value();
    const SqliteThinning::Moment start{1h};
    EXPECT_LE(thinning.due(), start);
    thinning.look(start);
    EXPECT_EQ(count(), 1);
    EXPECT_GT(thinning.due(), start) << "commits come between two batches";
    EXPECT_LE(thinning.due(), start + 1s);
    thinning.look(start);
    EXPECT_EQ(count(), 1) << "not before it is due";
    thinning.look(thinning.due());
    EXPECT_EQ(count(), 0);
    EXPECT_GE(thinning.due(), start + 1min);
}

TEST_F(SqliteThinningTest, AFileThatCannotBeWrittenIsTriedAgainLater) {
    SqliteTest::open().reset();
    add_rows(1, k_keep + 1us);
    auto database = Database::open(file(), Database::Access::read).value();
    auto thinning = SqliteThinning::prepare(*database, k_keep, clock_.clock()).value();
    const SqliteThinning::Moment start{1h};
    thinning.look(start);
    EXPECT_EQ(count(), 1);
    EXPECT_GE(thinning.due(), start + 1min);
}

TEST_F(SqliteThinningTest, ForEverIsForEver) {
    SqliteTest::open().reset();
    add_rows(10, std::chrono::days(18'000));
    auto database = Database::open(file(), Database::Access::write).value();
    auto thinning = SqliteThinning::prepare(*database, 0ms, clock_.clock()).value();
    thinning.look(SqliteThinning::Moment(std::chrono::days(1'000)));
    EXPECT_EQ(count(), 10);
}

// The writer does so by itself, whether calls come or not.
TEST_F(SqliteThinningTest, AStoreTakesOutOldRowsAndNothingElse) {
    SqliteTest::open().reset();
    add_rows(1'700, k_keep + 1us);
    add_rows(3, 1us);
    const auto store = open(k_keep);
    ASSERT_TRUE(store);
    Till till(*store);
    const auto held = till.held({budget("b", 60, 100)});  // begins now, and goes on for very long
    const auto settled = till.held({budget("b", 30, 100)});
    ASSERT_TRUE(held && settled);
    till.settle(*settled, {30}, "young");
    clock_.advance(std::chrono::days(80));
    ASSERT_TRUE(comes_to(4));
    EXPECT_EQ(rows(*store).back().request_id, "young");
    EXPECT_EQ(number("SELECT count(*) FROM holds"), 1);
    const auto counters = store->counters().value();
    ASSERT_EQ(counters.size(), 1u);
    EXPECT_EQ(counters[0].used, 30);
    EXPECT_EQ(counters[0].held, 60);
}

TEST_F(SqliteThinningTest, AHoldOlderThanWhatIsKeptIsSettledAllTheSame) {
    {
        const auto store = open(k_keep);
        Till till(*store);
        ASSERT_TRUE(till.held({budget("b", 60, 100)}));
        ASSERT_TRUE(store->flush(10'000));
    }
    clock_.advance(k_keep + 1h);
    const auto store = open(k_keep);
    EXPECT_EQ(used(*store, "b"), 60) << "of a host that ended; its row may go, not what it counts";
    EXPECT_TRUE(comes_to(0));
    EXPECT_EQ(used(*store, "b"), 60);
}

// Users who come for a day and never again.
TEST_F(SqliteThinningTest, CountersOfWindowsThatAreOverGoFromTheFile) {
    const auto store = open(k_keep);
    Till till(*store);
    const auto lasting = till.held({budget("for-ever", 7, 10)});
    ASSERT_TRUE(lasting);
    till.settle(*lasting, {7});
    const auto day = [&] {
        const auto start = till.session().now_us() / 86'400'000'000 * 86'400;
        return Window{start, start + 86'400};
    };
    const auto call = [&](const std::string& user) {
        auto claims = std::vector{budget("day", 1, 10, day()), rate("pace", 1, 60, 5)};
        for (auto& claim : claims) claim.counter.value = user;
        const auto id = till.held(claims);
        if (id) till.settle(*id, {1, 1});
    };
    for (int user = 0; user < 300; ++user) call("user-" + std::to_string(user));
    ASSERT_TRUE(store->flush(10'000));
    EXPECT_EQ(number("SELECT count(*) FROM counters"), 301);
    EXPECT_EQ(number("SELECT count(*) FROM rates"), 300);
    clock_.advance(std::chrono::days(1));
    // One to see that they are idle, one to see that they still are after an hour.
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 2'000; ++i) call("present");
        clock_.advance(2h);
    }
    ASSERT_TRUE(store->flush(10'000));
    EXPECT_EQ(number("SELECT count(*) FROM counters WHERE value LIKE 'user-%'"), 0);
    EXPECT_EQ(number("SELECT count(*) FROM rates WHERE value LIKE 'user-%'"), 0);
    EXPECT_EQ(number("SELECT used FROM counters WHERE rule = 'for-ever'"), 7);
    EXPECT_EQ(number("SELECT used FROM counters WHERE value = 'present'"), 10);
}

}  // namespace
}  // namespace bellwether::ledger
