// A session that a test can ask and wait for.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/ledger.hpp"

namespace bellwether::ledger {

inline constexpr Window k_always{};

inline Claim budget_claim(std::int64_t amount, std::int64_t limit, Window window = k_always) {
    return {.measure = Measure::budget,
            .counter = {"everyone", ""},
            .amount = amount,
            .limit = limit,
            .window = window};
}

inline Claim rate_claim(std::int64_t amount, std::int64_t limit, std::int64_t period_us,
                        std::int64_t burst) {
    return {.measure = Measure::rate,
            .counter = {"pace", "key"},
            .amount = amount,
            .limit = limit,
            .period_us = period_us,
            .burst = burst};
}

class Desk {
  public:
    explicit Desk(Store& store) : session_(store.open(loop_)) {}

    LedgerSession& session() { return *session_; }
    boost::asio::io_context& loop() { return loop_; }
    const HoldId& id() const { return id_; }

    Verdict hold(std::vector<Claim> claims, UsageRow estimate = {}) {
        loop_.restart();
        loop_.poll();  // as a worker's loop does between calls
        id_ = session_->next_id();
        std::optional<Verdict> verdict;
        session_->hold({.id = id_, .claims = std::move(claims), .estimate = std::move(estimate)},
                       [&](Verdict given) { verdict = std::move(given); });
        loop_.restart();
        while (!verdict) loop_.run_one();
        return *verdict;
    }
    // Of the last hold, unless told otherwise.
    void settle(std::vector<std::int64_t> amounts, UsageRow usage = {}) {
        settle(id_, std::move(amounts), std::move(usage));
    }
    void settle(HoldId id, std::vector<std::int64_t> amounts, UsageRow usage = {}) {
        session_->settle({.id = id, .amounts = std::move(amounts), .usage = std::move(usage)});
    }

  private:
    boost::asio::io_context loop_{1};
    std::unique_ptr<LedgerSession> session_;
    HoldId id_;
};

inline StoredCounter only_counter(Store& store) {
    const auto counters = store.counters();
    if (!counters || counters->size() != 1) return {.name = {"not exactly one counter", ""}};
    return counters->front();
}

inline std::vector<UsageRow> all_usage(Store& store, TimeSpan span = {}) {
    std::vector<UsageRow> rows;
    if (!store.each_usage(span, [&](const UsageRow& row) { rows.push_back(row); })) return {};
    return rows;
}

}  // namespace bellwether::ledger
