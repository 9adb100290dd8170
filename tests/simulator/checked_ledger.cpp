#include "checked_ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "net/alarm.hpp"
#include "rules.hpp"

namespace bellwether::simulator {

using std::chrono::milliseconds;

namespace {

// The budgets of the simulation that count tokens and refuse.
const std::set<std::string> k_of_tokens{"hedged-hour", "user-hour"};

}  // namespace

class CheckedLedger::Session final : public ledger::LedgerSession {
  public:
    Session(CheckedLedger& ledger, boost::asio::io_context& loop)
        : ledger_(ledger), loop_(loop), store_(ledger.store_->open(loop)) {}

    ledger::HoldId next_id() override { return store_->next_id(); }
    std::int64_t now_us() const override { return store_->now_us(); }

    void hold(ledger::Hold hold, OnVerdict on_verdict) override {
        if (ledger_.plan_.is_wild && ledger_.chance_.in(300)) {
            ledger_.referee_->held(hold.estimate.request_id, false);
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
        const bool fails = ledger_.plan_.is_wild && ledger_.chance_.in(40);
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
        Given given{.call = hold.estimate.request_id, .claims = hold.claims};
        store_->hold(std::move(hold), [this, id, given = std::move(given),
                                       then = std::move(then)](ledger::Verdict verdict) mutable {
            ledger_.given(id, std::move(given), verdict);
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

CheckedLedger::CheckedLedger(const Plan& plan, Chance& chance, const Clock::Simulated& time)
    : plan_(plan), chance_(chance), store_(ledger::open_memory([&time] {
          using namespace std::chrono;
          return duration_cast<microseconds>(time.wall.time_since_epoch()).count();
      })) {}

std::unique_ptr<ledger::LedgerSession> CheckedLedger::open(boost::asio::io_context& loop) {
    return std::make_unique<Session>(*this, loop);
}

void CheckedLedger::given(const ledger::HoldId& id, Given hold, const ledger::Verdict& verdict) {
    const bool held = verdict.answer == ledger::HoldAnswer::held;
    referee_->held(hold.call, held);
    if (!held) return;
    ++granted_;
    for (std::size_t i = 0; i < hold.claims.size(); ++i) {
        const ledger::Claim& claim = hold.claims[i];
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
    by_call_[hold.call].push_back(id.number);
    require(open_.emplace(id.number, std::move(hold)).second, "a hold's number is used twice");
}

// What is held for a call of the same counter, in whatever window.
std::int64_t CheckedLedger::held_for(const std::string& id_of_call,
                                     const ledger::Claim& claim) const {
    std::int64_t sum = 0;
    const auto numbers = by_call_.find(id_of_call);
    if (numbers == by_call_.end()) return 0;
    for (const std::uint64_t number : numbers->second) {
        for (const ledger::Claim& one : open_.at(number).claims) {
            const bool same =
                one.counter.rule == claim.counter.rule && one.counter.value == claim.counter.value;
            if (same) sum += one.amount;
        }
    }
    return sum;
}

void CheckedLedger::require_held(const std::string& id_of_call, std::int64_t tokens) const {
    const auto numbers = by_call_.find(id_of_call);
    require(numbers != by_call_.end(), id_of_call + " has a hold");
    for (const ledger::Claim& claim : open_.at(numbers->second.front()).claims) {
        const bool counts = claim.measure == ledger::Measure::budget && claim.refuses &&
                            k_of_tokens.contains(claim.counter.rule);
        if (!counts) continue;
        const std::int64_t held = held_for(id_of_call, claim);
        require(held >= tokens, fmt::format("{}: {} tokens are held of {}, and {} may be used",
                                            id_of_call, held, claim.counter.rule, tokens));
    }
}

void CheckedLedger::settled(const ledger::Settlement& settlement) {
    const auto found = open_.find(settlement.id.number);
    require(found != open_.end(), "what is settled is held, and once");
    const Given& hold = found->second;
    require(settlement.amounts.size() == hold.claims.size(), "each claim of a hold is settled");
    for (std::size_t i = 0; i < hold.claims.size(); ++i) {
        const ledger::Claim& claim = hold.claims[i];
        if (claim.measure != ledger::Measure::budget) continue;
        const std::int64_t used = settlement.amounts[i];
        Account& account = budgets_[{claim.counter.rule, claim.counter.value, claim.window.start}];
        account.used += used;
        account.debt += std::max<std::int64_t>(0, used - claim.amount);
        if (!claim.refuses || !referee_->upstreams_are_true(hold.call)) continue;
        const std::int64_t held = held_for(hold.call, claim);
        require(used <= held,
                fmt::format("{}: {} of {} are used, and {} were held", referee_->text_of(hold.call),
                            used, claim.counter.rule, held));
    }
    auto& numbers = by_call_.at(hold.call);
    std::erase(numbers, settlement.id.number);
    if (numbers.empty()) by_call_.erase(hold.call);
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

}  // namespace bellwether::simulator
