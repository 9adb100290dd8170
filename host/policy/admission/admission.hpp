// Takes one call past the budgets and limits. It asks placement.hpp what is to be done, and does
// it: it asks the ledger for a hold, waits in a queue with a ticket, or refuses the call. The hold
// is settled exactly once. Each call has one, on its worker's thread.
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

namespace bellwether::policy {

// The route of a call, and the candidates that it may go to.
struct Destination {
    std::string route;
    std::string model;  // as the client named it, aliases followed
    std::vector<route::Candidate> candidates;
    const config::Route* config = nullptr;  // the one with the targets; null: they are in order
    std::uint64_t random = 0;               // any 64 bits, by which the targets are put in order
    bool may_wait = true;                   // in the queues of limits
};

class Admission {
  public:
    using OnAnswer = std::function<void(Result<void>)>;

    // `books`, `engine` and `call` must outlive the admission.
    Admission(Books& books, const AttemptServices& engine, const Call& call,
              Destination destination);
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    // Calls `on_answer` once, perhaps before it returns; then the admission may be destroyed
    // already.
    void ask(OnAnswer on_answer);
    // The targets that are left for the call, those without room last. They change no more once it
    // is admitted.
    std::span<const Prospect> prospects() const { return offer_.prospects; }
    // What the call may do beyond one try after the other.
    Leeway leeway();

    // True once no crash can lose the hold, or once the call may go on without that. Until then
    // nothing of the answer may go out.
    bool durable() const;
    // Calls `then` when the hold is durable, perhaps before it returns; or with the reason why the
    // call must end instead, never before it returns.
    void when_durable(OnAnswer then);

    // What the call may use; for its attempts.
    Reckoner& reckoner() { return reckoner_; }
    // Settles the hold at what the call has used. Once, for a call that was admitted.
    void settle(const CallRecord& record);

    // Complete lines for the head of the response: what is left of the budgets and limits.
    std::string headers() const;

  private:
    // Whether the ledger has been asked for a hold and has not answered yet, and whether the call
    // has missed its turn in a queue meanwhile.
    enum class Question : std::uint8_t { none, open, open_and_turn_missed };

    void estimate_all();
    void apply();
    void follow(Placement placement, bool turn_missed = false);
    void hold(HoldClaims claims);
    void wait(WaitInQueue wait, bool turn_missed);
    void refuse(Refuse refusal);
    void on_turn();
    void on_time_up(const std::variant<Asked, route::Candidate>& waited_for);
    void refuse_to_wait(const std::variant<Asked, route::Candidate>& waited_for);
    void on_verdict(ledger::Verdict verdict);
    void not_counted(const ledger::Verdict& verdict);
    bool refuses() const;
    bool passes_uncounted() const;
    void call_who_waits();
    void hold_more(const Prospect& next, OnAnswer then);
    void on_more(const ledger::Verdict& verdict, const std::vector<Asked>& asked, OnAnswer then);
    void answer(Result<void> result);
    PendingCall applicant() const;
    Space space_at(const route::Candidate& candidate);
    void count_once(bool& counted, std::size_t provider, UpstreamLimits::Effect outcome);
    ledger::UsageRow estimate_at(const Prospect& prospect) const;
    ledger::Settlement at_what_was_held(const std::vector<Asked>& asked,
                                        const Prospect& prospect) const;
    const ledger::HoldId& newest_hold() const {
        return more_.empty() ? hold_->id() : more_.back().hold.id();
    }

    Books& books_;
    const AttemptServices& engine_;
    const Call& call_;
    std::string route_;
    std::string model_;  // as Destination::model
    Reckoner reckoner_;
    OnAnswer on_answer_;
    const config::Route* const config_;  // of the route; null: the targets are in order already
    const std::uint64_t random_;
    const bool may_wait_;
    Offer offer_;  // the targets left
    Room room_;
    std::vector<Asked> asked_;
    std::vector<ledger::Standing> standings_;
    Question question_ = Question::none;
    mutable bool durable_ = true;   // as of the last time that it was asked
    bool went_elsewhere_ = false;   // already counted as Effect::elsewhere
    bool waited_for_room_ = false;  // already counted as Effect::waited
    std::optional<Ticket> ticket_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();  // for callbacks that may come too late
    // What was held besides, for one more try.
    struct HeldMore {
        std::size_t claims;
        OpenHold hold;
    };

    // The last members: their destructors read the others.
    std::optional<OpenHold> hold_;
    std::vector<HeldMore> more_;
};

}  // namespace bellwether::policy
