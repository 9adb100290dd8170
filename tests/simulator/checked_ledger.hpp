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
#include "plan.hpp"
#include "referee.hpp"

namespace bellwether::simulator {

class CheckedLedger final : public ledger::Store {
  public:
    // All must outlive it.
    CheckedLedger(const Plan& plan, Chance& chance, const Clock::Simulated& time);
    // Before anything is asked.
    void report_to(Referee& referee) { referee_ = &referee; }

    std::unique_ptr<ledger::LedgerSession> open(boost::asio::io_context& loop) override;
    Result<std::vector<ledger::StoredCounter>> counters() override { return store_->counters(); }
    Result<void> each_usage(ledger::TimeSpan span,
                            const std::function<void(const ledger::UsageRow&)>& row) override {
        return store_->each_usage(span, row);
    }
    Result<std::size_t> reset(std::string_view rule) override { return store_->reset(rule); }
    bool flush(std::int64_t limit_ms) override { return store_->flush(limit_ms); }

    std::uint64_t granted() const { return granted_; }
    // So many tokens are held for the call, of each budget of tokens that may refuse it.
    void require_held(const std::string& id_of_call, std::int64_t tokens) const;
    // Nothing is held any more, and what was used is what the second bookkeeper has.
    void check_end();

  private:
    class Session;
    using Key = std::tuple<std::string, std::string, std::int64_t>;  // a counter in a window
    struct Account {
        std::int64_t used = 0;
        std::int64_t debt = 0;
    };

    // What the ledger has given and nobody has settled yet.
    struct Given {
        std::string call;  // its id
        std::vector<ledger::Claim> claims;
    };

    void given(const ledger::HoldId& id, Given hold, const ledger::Verdict& verdict);
    std::int64_t held_for(const std::string& id_of_call, const ledger::Claim& claim) const;
    void settled(const ledger::Settlement& settlement);

    const Plan& plan_;
    Chance& chance_;
    std::unique_ptr<ledger::Store> store_;
    Referee* referee_ = nullptr;
    std::map<std::uint64_t, Given> open_;                        // by the hold's number
    std::map<std::string, std::vector<std::uint64_t>> by_call_;  // the numbers of its open holds
    std::map<Key, Account> budgets_;
    std::uint64_t granted_ = 0;
};

}  // namespace bellwether::simulator
