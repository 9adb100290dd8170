#include "checked_ledger.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "net/alarm.hpp"
#include "rules.hpp"

namespace bw::simulator {

using std::chrono::milliseconds;

class CheckedLedger::Session final : public ledger::LedgerSession {
  public:
    Session(CheckedLedger& ledger, boost::asio::io_context& loop)
        : ledger_(ledger), loop_(loop), store_(ledger.store_->open(loop)) {}

    ledger::HoldId next_id() override { return store_->next_id(); }
    std::int64_t now_us() const override { return store_->now_us(); }

    void hold(ledger::Hold hold, OnVerdict on_verdict) override {
        if (ledger_.chance_.in(300)) {
            return on_verdict({.answer = ledger::HoldAnswer::unavailable,
                               .standings = std::vector<ledger::Standing>(hold.claims.size()),
                               .reason = "it is away"});
        }
        if (ledger_.chance_.in(2)) return pass(std::move(hold), std::move(on_verdict));
        later(ledger_.chance_.wait(0, 30),
              [this, hold = std::move(hold), then = std::move(on_verdict)]() mutable {
                  pass(std::move(hold), std::move(then));
              });
    }

    ledger::Written written(const ledger::HoldId& id) const override {
        return id.number % 3 == 0 && !durable_.contains(id.number) ? ledger::Written::not_yet
                                                                   : ledger::Written::yes;
    }
    void when_durable(const ledger::HoldId& id, OnDurable on_durable) override {
        if (written(id) == ledger::Written::yes) return on_durable(true);
        const bool fails = ledger_.chance_.in(40);
        later(ledger_.chance_.wait(1, 60),
              [this, number = id.number, fails, then = std::move(on_durable)]() mutable {
                  if (!fails) durable_[number] = true;
                  then(!fails);
              });
    }
    void settle(ledger::Settlement settlement) override {
        durable_.erase(settlement.id.number);
        ledger_.settled(settlement);
        store_->settle(std::move(settlement));
    }

  private:
    void pass(ledger::Hold hold, OnVerdict then) {
        const ledger::HoldId id = hold.id;
        std::vector<ledger::Claim> claims = hold.claims;
        store_->hold(std::move(hold), [this, id, claims = std::move(claims),
                                       then = std::move(then)](ledger::Verdict verdict) mutable {
            ledger_.given(id, claims, verdict);
            then(std::move(verdict));
        });
    }

    void later(milliseconds wait, std::move_only_function<void()> what) {
        auto alarm = std::make_shared<net::Alarm>(loop_);
        auto shared = std::make_shared<std::move_only_function<void()>>(std::move(what));
        alarm->set(Clock::now() + wait, [alarm, shared] { (*shared)(); });
    }

    CheckedLedger& ledger_;
    boost::asio::io_context& loop_;
    std::unique_ptr<ledger::LedgerSession> store_;
    std::map<std::uint64_t, bool> durable_;
};

CheckedLedger::CheckedLedger(Chance& chance, const Clock::Simulated& time)
    : chance_(chance), store_(ledger::open_memory([&time] {
          using namespace std::chrono;
          return duration_cast<microseconds>(time.wall.time_since_epoch()).count();
      })) {}

std::unique_ptr<ledger::LedgerSession> CheckedLedger::open(boost::asio::io_context& loop) {
    return std::make_unique<Session>(*this, loop);
}

void CheckedLedger::given(const ledger::HoldId& id, const std::vector<ledger::Claim>& claims,
                          const ledger::Verdict& verdict) {
    if (verdict.answer != ledger::HoldAnswer::held) return;
    ++granted_;
    require(open_.emplace(id.number, claims).second, "a hold's number is used twice");
    for (std::size_t i = 0; i < claims.size(); ++i) {
        const ledger::Claim& claim = claims[i];
        if (claim.measure != ledger::Measure::budget || !claim.refuses) continue;
        const ledger::Standing& now = verdict.standings[i];
        const Account& account =
            budgets_[{claim.counter.rule, claim.counter.value, claim.window.start}];
        require(
            now.used + now.held <= claim.limit + account.debt,
            fmt::format("the budget {} for \"{}\" is overspent: used {} + held {} > {} + debt {}",
                        claim.counter.rule, claim.counter.value, now.used, now.held, claim.limit,
                        account.debt));
    }
}

void CheckedLedger::settled(const ledger::Settlement& settlement) {
    const auto found = open_.find(settlement.id.number);
    require(found != open_.end(), "what is settled is held, and once");
    const std::vector<ledger::Claim>& claims = found->second;
    require(settlement.amounts.size() == claims.size(), "each claim of a hold is settled");
    for (std::size_t i = 0; i < claims.size(); ++i) {
        if (claims[i].measure != ledger::Measure::budget) continue;
        Account& account =
            budgets_[{claims[i].counter.rule, claims[i].counter.value, claims[i].window.start}];
        account.used += settlement.amounts[i];
        account.debt += std::max<std::int64_t>(0, settlement.amounts[i] - claims[i].amount);
    }
    open_.erase(found);
}

void CheckedLedger::check_end() {
    require(open_.empty(), fmt::format("{} holds were never settled", open_.size()));
    const auto all = counters();
    require(all.has_value(), "the ledger can be read");
    for (const ledger::StoredCounter& counter : *all) {
        const std::string name = counter.name.rule + " for \"" + counter.name.value + "\"";
        require(counter.held == 0, name + " still holds something");
        if (counter.measure != ledger::Measure::budget) continue;
        const Account& account =
            budgets_[{counter.name.rule, counter.name.value, counter.window.start}];
        require(counter.used == account.used, name + " has another sum than its settlements");
    }
}

}  // namespace bw::simulator
