// The memory store with faults: it answers late, or not at all, and is slow to write down. And the
// books of a second bookkeeper, who says whether each hold is settled once and no budget overspent.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>

#include "base/clock.hpp"
#include "chance.hpp"
#include "ledger/memory.hpp"

namespace bw::simulator {

class CheckedLedger final : public ledger::Store {
  public:
    CheckedLedger(Chance& chance, const Clock::Simulated& time);

    std::unique_ptr<ledger::LedgerSession> open(boost::asio::io_context& loop) override;
    Result<std::vector<ledger::StoredCounter>> counters() override { return store_->counters(); }
    Result<void> each_usage(ledger::TimeSpan span,
                            const std::function<void(const ledger::UsageRow&)>& row) override {
        return store_->each_usage(span, row);
    }
    Result<std::size_t> reset(std::string_view rule) override { return store_->reset(rule); }
    bool flush(std::int64_t limit_ms) override { return store_->flush(limit_ms); }

    std::uint64_t granted() const { return granted_; }
    // Nothing is held any more, and what was used is what the second bookkeeper has.
    void check_end();

  private:
    class Session;
    using Key = std::tuple<std::string, std::string, std::int64_t>;  // a counter in a window
    struct Account {
        std::int64_t used = 0;
        std::int64_t debt = 0;
    };

    void given(const ledger::HoldId& id, const std::vector<ledger::Claim>& claims,
               const ledger::Verdict& verdict);
    void settled(const ledger::Settlement& settlement);

    Chance& chance_;
    std::unique_ptr<ledger::Store> store_;
    std::map<std::uint64_t, std::vector<ledger::Claim>> open_;  // by the hold's number
    std::map<Key, Account> budgets_;
    std::uint64_t granted_ = 0;
};

}  // namespace bw::simulator
