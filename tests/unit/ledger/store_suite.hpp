// What every store must do, as one suite: the cases are in suite_*_test.cpp; a store's own test
// file instantiates them with INSTANTIATE_TEST_SUITE_P(Name, StoreSuite, testing::Values(kind)).
// CrowdedStoreSuite is for stores with little room.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ledger/ledger.hpp"

namespace bellwether::ledger {

// A store without anything in it, and the time that it runs on.
class StoreUnderTest {
  public:
    virtual ~StoreUnderTest() = default;
    virtual Store& store() = 0;
    // Where time cannot be set, waits as long.
    virtual void advance(std::chrono::microseconds time) = 0;
    // False: time also passes by itself, so that nothing can be exact to the microsecond.
    virtual bool time_stands() const { return true; }
    // Does to the store what it must get over without a loss; false: there is no such thing.
    virtual bool disturb() { return false; }
};

struct StoreKind {
    std::string name;
    std::function<std::unique_ptr<StoreUnderTest>()> make;
};
inline void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }

inline Claim budget(std::string rule, std::int64_t amount, std::int64_t limit, Window window = {}) {
    return {.counter = {std::move(rule), ""}, .amount = amount, .limit = limit, .window = window};
}

inline Claim rate(std::string rule, std::int64_t amount, std::int64_t limit, std::int64_t burst,
                  std::int64_t period_us = 60'000'000) {
    return {.measure = Measure::rate,
            .counter = {std::move(rule), ""},
            .amount = amount,
            .limit = limit,
            .period_us = period_us,
            .burst = burst};
}

inline Claim concurrency(std::string rule, std::int64_t amount, std::int64_t limit) {
    return {.measure = Measure::concurrency,
            .counter = {std::move(rule), ""},
            .amount = amount,
            .limit = limit};
}

inline Claim soft(Claim claim) {
    claim.refuses = false;
    return claim;
}

// One session on a loop of its own, as a thread of a test uses it.
class Till {
  public:
    explicit Till(Store& store) : session_(store.open(loop_)) {}

    Verdict hold(const HoldId& id, std::vector<Claim> claims) {
        std::optional<Verdict> verdict;
        session_->hold({.id = id, .claims = std::move(claims), .estimate = row("estimate")},
                       [&](Verdict given) { verdict = std::move(given); });
        run([&] { return verdict.has_value(); });
        return verdict ? *std::move(verdict) : Verdict{.answer = HoldAnswer::unavailable};
    }

    // With a number of its own; none: refused.
    std::optional<HoldId> held(std::vector<Claim> claims) {
        const auto id = session_->next_id();
        if (hold(id, std::move(claims)).answer != HoldAnswer::held) return std::nullopt;
        return id;
    }
    Verdict ask(std::vector<Claim> claims) { return hold(session_->next_id(), std::move(claims)); }

    void settle(const HoldId& id, std::vector<std::int64_t> amounts, std::string request = "") {
        session_->settle({.id = id, .amounts = std::move(amounts), .usage = row(request)});
    }

    // False: the store cannot write it, or never said.
    bool durable(const HoldId& id) {
        std::optional<bool> told;
        session_->when_durable(id, [&](bool durable) { told = durable; });
        run([&] { return told.has_value(); });
        return told.value_or(false);
    }

    LedgerSession& session() { return *session_; }
    boost::asio::io_context& loop() { return loop_; }

    // Until it is done, a minute at most.
    template <typename Done>
    void run(Done done) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!done() && std::chrono::steady_clock::now() < end) {
            loop_.restart();
            loop_.run_one_for(std::chrono::milliseconds(10));
        }
    }

    UsageRow row(std::string request) const {
        return {.time_us = session_->now_us(), .request_id = std::move(request)};
    }

  private:
    boost::asio::io_context loop_;
    std::unique_ptr<LedgerSession> session_;
};

class StoreSuite : public testing::TestWithParam<StoreKind> {
  protected:
    void SetUp() override {
        under_test_ = GetParam().make();
        if (under_test_) till_.emplace(under_test_->store());
        if (!under_test_) GTEST_SKIP() << "this store cannot run here";
    }
    void TearDown() override {
        till_.reset();
        under_test_.reset();
    }

    Store& store() { return under_test_->store(); }
    Till& till() { return *till_; }
    void advance(std::chrono::microseconds time) { under_test_->advance(time); }
    bool time_stands() const { return under_test_->time_stands(); }
    bool disturb() { return under_test_->disturb(); }
    std::int64_t now_s() { return till().session().now_us() / 1'000'000; }

    // Of the rule, in all its windows.
    std::vector<StoredCounter> counters(const std::string& rule) {
        auto found = store().counters();
        EXPECT_TRUE(found) << found.error().message;
        if (!found) return {};
        std::erase_if(*found,
                      [&](const StoredCounter& counter) { return counter.name.rule != rule; });
        return *std::move(found);
    }
    StoredCounter counter(const std::string& rule) {
        const auto found = counters(rule);
        EXPECT_EQ(found.size(), 1u) << rule;
        return found.size() == 1 ? found.front() : StoredCounter{};
    }
    std::int64_t used(const std::string& rule) { return counter(rule).used; }
    std::int64_t used(const std::string& rule, const std::string& value) {
        for (const auto& counter : counters(rule)) {
            if (counter.name.value == value) return counter.used;
        }
        return -1;
    }
    std::int64_t held(const std::string& rule) { return counter(rule).held; }

    std::vector<UsageRow> rows(TimeSpan span = {}) {
        EXPECT_TRUE(store().flush(10'000));
        std::vector<UsageRow> rows;
        const auto read =
            store().each_usage(span, [&](const UsageRow& row) { rows.push_back(row); });
        EXPECT_TRUE(read) << read.error().message;
        return rows;
    }

    void expect_nothing_held() {
        const auto all = store().counters();
        ASSERT_TRUE(all) << all.error().message;
        for (const StoredCounter& counter : *all) EXPECT_EQ(counter.held, 0) << counter.name.rule;
    }
    void expect_each_settled_once(std::int64_t calls) {
        const auto all = rows();
        EXPECT_EQ(std::ssize(all), calls);
        std::set<std::string> requests;
        for (const UsageRow& row : all) requests.insert(row.request_id);
        EXPECT_EQ(requests.size(), all.size()) << "a call was settled twice";
    }

  private:
    std::unique_ptr<StoreUnderTest> under_test_;
    std::optional<Till> till_;
};

// For stores that have room for so many counters.
inline constexpr int k_crowd = 8;
class CrowdedStoreSuite : public StoreSuite {};

}  // namespace bellwether::ledger
