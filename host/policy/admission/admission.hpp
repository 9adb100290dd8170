// One call's way past the budgets and limits. It asks where the call goes (placement), and does
// what it is told: it asks the ledger for a hold, waits in line with a ticket, or refuses the call.
// The hold is settled exactly once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "plugin/instance.hpp"
#include "policy/admission/books.hpp"
#include "policy/admission/open_hold.hpp"
#include "policy/admission/placement.hpp"
#include "policy/admission/ticket.hpp"
#include "policy/attempts/attempts.hpp"
#include "policy/estimate/reckoner.hpp"
#include "policy/record/call_record.hpp"
#include "route/table.hpp"

namespace bw::policy {

// Where the call may go.
struct Destination {
    std::string route;
    std::string model;  // as the client named it, aliases followed
    std::vector<route::Candidate> candidates;
};

class Admission {
  public:
    using OnAnswer = std::function<void(Result<void>)>;

    // `call` and `engine` must outlive it.
    Admission(Books& books, const AttemptServices& engine, const Call& call,
              Destination destination);
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    // Answers once, perhaps from inside; the admission may be gone when it returns.
    void ask(OnAnswer on_answer);
    // The targets that have room for the call, once it is admitted; they change no more.
    std::span<const Prospect> prospects() const { return prospects_; }

    // True once no crash can lose the hold, or that is no reason to wait any more; until then
    // nothing of the answer may go out.
    bool durable() const;
    // For an answer that waits for it. Or why the call must end instead: then never from inside.
    void when_durable(OnAnswer then);

    // What the call may come to; for its attempts.
    Reckoner& reckoner() { return reckoner_; }
    // Once, of a call that was admitted.
    void settle(const CallRecord& record);

    // What is left, for the response's head: complete lines.
    std::string headers() const;

  private:
    // What the ledger has been asked and has not answered; and whether a turn came meanwhile.
    enum class Question : std::uint8_t { none, open, open_and_turn_missed };

    void apply();
    void follow(Placement placement, bool turn_missed = false);
    void hold(HoldClaims claims);
    void wait(WaitInLine wait, bool turn_missed);
    void refuse(Refuse refusal);
    void on_turn();
    void on_time_up(const std::variant<Asked, route::Candidate>& waited_for);
    void on_verdict(ledger::Verdict verdict);
    void not_counted(const ledger::Verdict& verdict);
    bool refuses() const;
    bool passes_uncounted() const;
    void call_who_waits();
    void answer(Result<void> result);
    const config::Price* price_at(std::string_view provider, std::string_view model) const;
    Applicant applicant() const;
    Space space_at(const route::Candidate& candidate) const;
    void count_once(bool& counted, std::size_t provider, UpstreamLimits::Effect outcome);
    ledger::UsageRow estimate() const;
    ledger::Settlement at_what_was_held() const;

    Books& books_;
    const AttemptServices& engine_;
    const Call& call_;
    std::string route_;
    std::string model_;  // as Destination::model
    Reckoner reckoner_;
    OnAnswer on_answer_;
    std::vector<Prospect> prospects_;  // what may still serve the call; the first is tried first
    Room room_;
    std::vector<Asked> asked_;
    std::vector<ledger::Standing> standings_;
    Question question_ = Question::none;
    mutable bool durable_ = true;   // as far as was asked
    bool went_elsewhere_ = false;   // counted, because an upstream had no room
    bool waited_for_room_ = false;  // the same
    std::optional<Ticket> ticket_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();  // for callbacks that may come too late
    std::optional<OpenHold> hold_;  // the last member: what it settles reads the others
};

}  // namespace bw::policy
