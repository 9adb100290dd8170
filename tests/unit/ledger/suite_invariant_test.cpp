// Random operations on many threads, checked against what must hold at every moment: while the
// clock jumps, and while the store is disturbed.
#include <array>
#include <atomic>
#include <functional>
#include <random>
#include <thread>

#include "store_suite.hpp"

namespace bellwether::ledger {
namespace {

constexpr int k_threads = 64;
constexpr int k_steps = 200;
constexpr std::array<std::uint64_t, 4> k_seeds = {1, 7, 1234567, 0xfeedface};
constexpr std::int64_t k_hour = 3'600;

// What one rule has seen, counted beside the store.
struct Rule {
    std::string name;
    std::int64_t limit = 0;
    bool refuses = true;
    bool may_owe = true;  // false: no settlement exceeds its hold, so there is no debt
    bool hourly = false;  // begins anew each hour
    std::atomic<std::int64_t> debt = 0;     // told before the settlement is
    std::atomic<std::int64_t> settled = 0;  // told before, too
};

struct Model {
    std::array<Rule, 5> rules = {{{"kept", 20'000},
                                  {"tight", 500, true, false},
                                  {"soft", 1'000, false},
                                  {"reset", 5'000},
                                  {"hourly", 1'000, true, true, true}}};
    std::function<void(std::chrono::microseconds)> jump;  // of the clock; none: it cannot
    std::atomic<int> recorded = 0;
    std::atomic<int> broken = 0;
};

struct Open {
    HoldId id;
    std::vector<std::size_t> rules;
    std::vector<std::int64_t> amounts;
};

class Worker {
  public:
    Worker(Store& store, Model& model, std::uint64_t seed)
        : store_(store), model_(model), till_(store), random_(seed) {}

    void run() {
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        for (int i = 0; i < k_steps && std::chrono::steady_clock::now() < end; ++i) {
            const auto dice = below(100);
            if (dice < 55 && !hold()) --i;
            if (dice >= 50 && !open_.empty()) settle();
            if (dice == 99) (void)store_.reset("reset");
            if (dice == 98 && model_.jump) {
                model_.jump(std::chrono::seconds(below(4 * k_hour) - 2 * k_hour));
            }
        }
        while (!open_.empty()) settle();
    }

  private:
    std::int64_t below(std::int64_t end) {
        return std::uniform_int_distribution<std::int64_t>(0, end - 1)(random_);
    }

    // False: the store is away, and what it would have said is not known.
    bool hold() {
        Open open{.id = till_.session().next_id()};
        std::vector<Claim> claims;
        for (std::size_t at = 0; at < model_.rules.size(); ++at) {
            if (below(2) == 0) continue;
            const auto& rule = model_.rules[at];
            open.rules.push_back(at);
            open.amounts.push_back(below(20));
            claims.push_back(budget(rule.name, open.amounts.back(), rule.limit, window_of(rule)));
            claims.back().refuses = rule.refuses;
        }
        claims.push_back(concurrency("calls", 1, 100));
        const auto verdict = till_.hold(open.id, std::move(claims));
        if (verdict.answer == HoldAnswer::unavailable) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            return false;
        }
        check(open, verdict);
        if (verdict.answer == HoldAnswer::held) open_.push_back(std::move(open));
        return true;
    }

    Window window_of(const Rule& rule) const {
        if (!rule.hourly) return {};
        const std::int64_t now_s = till_.session().now_us() / 1'000'000;
        const std::int64_t start = now_s - now_s % k_hour;
        return {.start = start, .end = start + k_hour};
    }

    void check(const Open& open, const Verdict& verdict) {
        for (std::size_t i = 0; i < open.rules.size(); ++i) {
            const auto& rule = model_.rules[open.rules[i]];
            const auto& stands = verdict.standings[i];
            const bool within = stands.used + stands.held <= rule.limit + rule.debt;
            if ((rule.refuses && !within) || stands.held < 0 || stands.used < 0) ++model_.broken;
        }
        const auto& calls = verdict.standings.back();
        if (calls.held > 100 || calls.held < 0) ++model_.broken;
    }

    void settle() {
        const auto at = static_cast<std::size_t>(below(std::ssize(open_)));
        const auto open = open_[at];
        open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
        std::vector<std::int64_t> used;
        for (std::size_t i = 0; i < open.rules.size(); ++i) {
            auto& rule = model_.rules[open.rules[i]];
            const auto most = rule.may_owe ? 25 : open.amounts[i] + 1;
            used.push_back(below(3) == 0 ? 0 : below(most));
            rule.debt += std::max<std::int64_t>(used.back() - open.amounts[i], 0);
            rule.settled += used.back();
        }
        used.push_back(1);
        ++model_.recorded;
        till_.settle(open.id, used, std::to_string(open.id.number));
        if (below(10) == 0) till_.settle(open.id, used, "twice");
    }

    Store& store_;
    Model& model_;
    mutable Till till_;
    std::mt19937_64 random_;
    std::vector<Open> open_;
};

void run_workers(Store& store, Model& model, std::uint64_t seed) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < k_threads; ++i) {
        threads.emplace_back([&, i] { Worker(store, model, seed * k_threads + i).run(); });
    }
}

TEST_P(StoreSuite, HoldsItsInvariantOnManyThreads) {
    Model model;
    if (time_stands()) model.jump = [this](auto time) { advance(time); };
    for (const auto seed : k_seeds) {
        SCOPED_TRACE(seed);
        run_workers(store(), model, seed);
        EXPECT_EQ(model.broken, 0);
        expect_nothing_held();
        for (const auto at : {0, 1, 2})
            EXPECT_EQ(used(model.rules[at].name), model.rules[at].settled);
    }
    EXPECT_EQ(model.rules[1].debt, 0);
    EXPECT_LE(used("tight"), 500);

    expect_each_settled_once(model.recorded);
}

// What was told while it was away is told again, and nothing twice.
TEST_P(StoreSuite, HoldsItsInvariantWhileItIsDisturbed) {
    if (!disturb()) GTEST_SKIP() << "nothing can be done to this store";
    Model model;
    {
        // Not the other way round: a server that is started ends with the thread that started it.
        std::atomic<bool> over = false;
        const std::jthread working([&] {
            run_workers(store(), model, k_seeds[0]);
            over = true;
        });
        while (!over) {
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            EXPECT_TRUE(disturb());
        }
    }
    ASSERT_TRUE(store().flush(60'000));
    EXPECT_EQ(model.broken, 0);
    expect_nothing_held();
    for (const auto at : {0, 1, 2}) EXPECT_EQ(used(model.rules[at].name), model.rules[at].settled);
    EXPECT_GT(model.recorded, k_threads / 4) << "too few for this to mean anything";
    expect_each_settled_once(model.recorded);
}

// Neither one too many nor one too few, whoever comes first.
TEST_P(StoreSuite, AdmitsExactlyWhatFits) {
    std::atomic<int> admitted = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < k_threads; ++i) {
            threads.emplace_back([&] {
                Till own(store());
                while (own.held({budget("b", 10, 13'700), budget("wide", 1, 1'000'000)})) {
                    ++admitted;
                }
            });
        }
    }
    EXPECT_EQ(admitted, 1370);
    EXPECT_EQ(held("b"), 13'700);
    EXPECT_EQ(held("wide"), 1370);
}

}  // namespace
}  // namespace bellwether::ledger
