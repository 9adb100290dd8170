// One call's way past the budgets and limits: it asks for a hold over all of them, waits in line if
// they say so, and gives the hold back exactly once. A hold that nobody settled is settled at what
// was held when its admission ends: unknown is never free.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "net/alarm.hpp"
#include "plugin/instance.hpp"
#include "policy/admission/books.hpp"
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
    Admission(Books& books, const Engine& engine, const Call& call, Destination destination);
    ~Admission();
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;

    // Answers once, perhaps from inside; the admission may be gone when it returns.
    void ask(OnAnswer on_answer);
    // The providers that have room for the call, once it is admitted.
    const std::vector<route::Candidate>& candidates() const { return to_.candidates; }

    // True from being admitted until it is settled, if anything is counted at all.
    bool held() const { return held_; }
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
    struct Queue {
        std::string line;
        std::chrono::milliseconds longest;  // from the call's beginning
        std::size_t length;
        std::string limit;  // whose line it is
    };

    // At the upstreams: none has any; or not the one that comes first.
    enum class Room { none, elsewhere, as_wished };

    void apply();
    void hold();
    void on_verdict(ledger::Verdict verdict);
    void refused(std::size_t by);
    void not_counted(const ledger::Verdict& verdict);
    bool ask_rules();
    bool join_line();
    Room find_room();
    bool has_room(const route::Candidate& candidate) const;
    UpstreamLimits::Clock::duration wait_for(const route::Candidate& candidate) const;
    bool may_wait_for(const route::Candidate& candidate) const;
    void wait_for_room();
    void refuse_for_room(const route::Candidate& candidate);
    bool refuses() const;
    bool passes_uncounted() const;
    bool go_elsewhere(const Asked& asked);
    const Asked* line_to_join() const;
    bool wait_in_line(const Asked& asked, std::int64_t wait_us);
    bool wait_in(Queue queue, std::int64_t wait_us, std::function<void()> on_time_up);
    void refuse_in_line(const Asked& asked);
    void call_who_waits();
    void answer(Result<void> result);
    const Prospect* prospect_at(std::string_view provider, std::string_view model) const;
    const config::Price* price_at(std::string_view provider, std::string_view model) const;
    Facts facts() const;
    std::vector<Prospect> prospects();
    ledger::UsageRow estimate() const;

    Books& books_;
    const Engine& engine_;
    const Call& call_;
    Destination to_;
    Reckoner reckoner_;
    OnAnswer on_answer_;
    std::vector<Prospect> prospects_;  // of the candidates, as they were held for
    std::vector<Asked> asked_;
    std::vector<ledger::Standing> standings_;
    ledger::HoldId hold_;
    bool held_ = false;
    bool asking_ = false;           // the ledger has been asked, and has not answered
    bool turn_missed_ = false;      // a turn came meanwhile
    mutable bool durable_ = true;   // as far as was asked
    bool went_elsewhere_ = false;   // counted, because an upstream had no room
    bool waited_for_room_ = false;  // the same
    std::unique_ptr<Lines::Place> place_;
    std::string line_;  // whose place that is
    std::optional<net::Alarm> patience_;
    std::shared_ptr<int> alive_ = std::make_shared<int>();  // for callbacks that may come too late
};

}  // namespace bw::policy
