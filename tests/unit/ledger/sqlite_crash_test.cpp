// A host that is killed at any moment: what it was told is durable is there afterwards, and every
// call is charged once, as it was settled or at its estimate.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>
#include <set>
#include <thread>

#include "sqlite_fixture.hpp"

namespace bellwether::ledger {
namespace {

constexpr int k_rounds = 25;  // with each setting
constexpr std::int64_t k_estimate = 100;

struct Told {
    enum Kind : std::int64_t { durable, settled, flushed } kind;
    std::int64_t call;
    std::int64_t amount;
};

// The host: calls without end, several in flight, each told of as its state is certain.
class Host {
  public:
    Host(Store& store, int pipe, int round) : store_(store), till_(store), pipe_(pipe) {
        random_.seed(static_cast<unsigned>(round));
        first_ = round * std::int64_t{1'000'000};
    }

    [[noreturn]] void run() {
        for (std::int64_t call = first_;; ++call) {
            begin(call);
            while (open_.size() > random_() % 8) end();
            if (random_() % 20 == 0) {
                if (!store_.flush(60'000)) ::_exit(3);
                tell({Told::flushed, call, 0});
            }
        }
    }

  private:
    UsageRow row(std::int64_t call, std::int64_t amount) {
        auto row = till_.row(std::to_string(call));
        row.usage.output_tokens = amount;
        return row;
    }

    void begin(std::int64_t call) {
        const auto id = till_.session().next_id();
        till_.session().hold({.id = id,
                              .claims = {budget("b", k_estimate, INT64_MAX)},
                              .estimate = row(call, k_estimate)},
                             [](const Verdict& verdict) {
                                 if (verdict.answer != HoldAnswer::held) ::_exit(4);
                             });
        // Of the others nobody waits for what is written of them.
        if (random_() % 2 == 0) {
            till_.session().when_durable(id, [this, call](bool durable) {
                if (durable) tell({Told::durable, call, k_estimate});
            });
        }
        till_.loop().restart();
        till_.loop().poll();
        open_.emplace_back(id, call);
    }

    void end() {
        const auto [id, call] = open_.front();
        open_.erase(open_.begin());
        const auto amount = static_cast<std::int64_t>(random_() % 150);
        auto usage = row(call, amount);
        usage.status = 200;
        tell({Told::settled, call, amount});
        till_.session().settle({.id = id, .amounts = {amount}, .usage = usage});
    }

    void tell(const Told& told) {
        if (::write(pipe_, &told, sizeof told) != sizeof told) ::_exit(2);
    }

    Store& store_;
    Till till_;
    int pipe_;
    std::mt19937 random_;
    std::int64_t first_ = 0;
    std::vector<std::pair<HoldId, std::int64_t>> open_;
};

// What the host said before it was killed.
std::vector<Told> run_and_kill(const std::string& file, const SqliteSettings& settings, int round,
                               std::mt19937& random) {
    int pipe[2];
    EXPECT_EQ(::pipe(pipe), 0);
    const auto child = ::fork();
    if (child == 0) {
        auto store = open_sqlite(file, system_time_us, settings);
        if (!store) ::_exit(1);
        Host(**store, pipe[1], round).run();
    }
    ::close(pipe[1]);
    std::vector<Told> all;
    Told told;
    const auto read = [&] { return ::read(pipe[0], &told, sizeof told) == sizeof told; };
    std::jthread killer;
    while (read()) {
        all.push_back(told);
        if (killer.joinable()) continue;
        killer = std::jthread([child, pause = random() % 40'000] {
            std::this_thread::sleep_for(std::chrono::microseconds(pause));
            ::kill(child, SIGKILL);
        });
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
    ::close(pipe[0]);
    return all;
}

// How often a call was charged, and with what.
using Charged = std::map<std::string, std::vector<UsageRow>>;

void expect_told_is_charged(const std::vector<Told>& all, const Charged& charged) {
    std::map<std::string, std::int64_t> settled, certain;
    for (const auto& told : all) {
        const auto call = std::to_string(told.call);
        if (told.kind == Told::durable) {
            EXPECT_TRUE(charged.contains(call)) << "was durable: " << call;
        } else if (told.kind == Told::settled) {
            settled[call] = told.amount;
        } else {
            certain = settled;
        }
    }
    for (const auto& [call, amount] : certain) {
        ASSERT_TRUE(charged.contains(call)) << "was settled: " << call;
        EXPECT_EQ(charged.at(call).front().status, 200);
        EXPECT_EQ(charged.at(call).front().usage.output_tokens, amount);
    }
    for (const auto& [call, rows] : charged) {
        const auto& row = rows.front();
        if (row.status == 0) {
            EXPECT_EQ(row.usage.output_tokens, k_estimate);
            EXPECT_EQ(row.error, "host_lost");
        } else if (settled.contains(call)) {
            EXPECT_EQ(row.usage.output_tokens, settled.at(call));
        }
    }
}

class SqliteCrashTest : public SqliteTest, public testing::WithParamInterface<SqliteSettings> {};

INSTANTIATE_TEST_SUITE_P(Sqlite, SqliteCrashTest,
                         testing::Values(SqliteSettings{},
                                         SqliteSettings{.linger = std::chrono::milliseconds(0)},
                                         SqliteSettings{.linger = std::chrono::hours(1)},
                                         SqliteSettings{.sync = config::Sync::os}),
                         [](const auto& info) {
                             return std::to_string(info.param.linger.count()) + "ms" +
                                    (info.param.sync == config::Sync::os ? "OfTheSystem"
                                                                         : "OfTheDisk");
                         });

TEST_P(SqliteCrashTest, AHostThatIsKilledLosesAndLeaksNothing) {
    std::mt19937 random(20);
    for (int round = 1; round <= k_rounds; ++round) {
        SCOPED_TRACE(round);
        const auto told = run_and_kill(file(), GetParam(), round, random);
        ASSERT_FALSE(told.empty());

        const auto store = open();
        ASSERT_TRUE(store);
        Charged charged;
        std::int64_t sum = 0;
        for (auto& row : rows(*store)) {
            sum += row.usage.output_tokens;
            charged[row.request_id].push_back(std::move(row));
        }
        for (const auto& [call, rows] : charged) EXPECT_EQ(rows.size(), 1u) << call;
        expect_told_is_charged(told, charged);
        const auto counters = store->counters().value();
        ASSERT_EQ(counters.size(), charged.empty() ? 0u : 1u) << "killed before the first commit";
        if (counters.empty()) continue;
        EXPECT_EQ(counters.front().used, sum) << "the counter is what the rows say";
        EXPECT_EQ(counters.front().held, 0);
        if (HasFailure()) break;
    }
}

}  // namespace
}  // namespace bellwether::ledger
