// Answers one call: tries the route's targets until one delivers content (`PieceSeen` says what
// content is), in order, again after a while, or two at once. `next_step` decides what follows a
// try that failed. Chunks without content are held back until content comes, so that the client
// sees nothing of an attempt that failed before. After content no other target is tried, unless it
// can go on with the answer that was begun (continuation.hpp). Each call has one `Attempts`, on its
// worker's thread.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/usage.hpp"
#include "net/alarm.hpp"
#include "policy/attempts/continuation.hpp"
#include "policy/attempts/course.hpp"
#include "policy/attempts/failed_attempt.hpp"
#include "policy/attempts/held_tries.hpp"
#include "policy/attempts/try.hpp"
#include "policy/estimate/reckoner.hpp"

namespace bellwether::policy {

// How a call ended, for the log and the books.
struct CallEnd {
    Result<void> result;        // what the client is told
    Usage usage;                // of the last attempt; `failures` have their own
    Doubt doubt = Doubt::none;  // of the usage that its provider reported
    std::string provider;
    std::string model;
    std::string upstream_id;      // the last provider's id of the request
    std::string attributes = {};  // what the last provider's plugin said of it: a JSON object
    unsigned attempts = 0;
    std::chrono::nanoseconds waited{0};          // for the providers asked, or for a slow client
    std::vector<FailedAttempt> failures;         // the attempts before the last one
    std::optional<std::int64_t> cost_micro_usd;  // nothing: not known
    const config::Price* price = nullptr;        // of the last target; null: not known
    // Why the last attempt failed, which need not be what the client is told; nothing: it did not
    // fail, or it was ended from outside and `result` says why.
    std::optional<Error> last_error = {};
    bool continued = false;  // the last attempt went on with an answer that others had begun
};

// Receives the answer. `Attempts` may be dropped inside on_end, never inside the others.
class Replies {
  public:
    virtual void on_reply(std::string json) = 0;       // not streaming: the whole reply
    virtual void on_chunk(std::string_view json) = 0;  // streaming: one chunk to relay
    // The next bytes of an answer that is not JSON, of this content type.
    virtual void on_bytes(std::string_view type, std::string_view bytes) = 0;
    virtual void on_end(const CallEnd& outcome) = 0;  // once; nothing follows

  protected:
    ~Replies() = default;
};

// What a call may do beyond one try after the other, each within what is held for it.
struct Leeway {
    using OnHeld = std::function<void(Result<void>)>;

    // When a second target is asked as well; null: never. What is held for the call must then be
    // enough for two.
    const config::Hedge* hedge = nullptr;
    // Holds for one more try, at this target: those before it may have used all that was held.
    // Empty: nothing that counts the call refuses any.
    std::function<void(const Prospect&, OnHeld)> hold_more = {};
    // A stream that breaks off may go on at a target that can do that.
    bool continues = false;
};

class Attempts final {
  public:
    // All arguments, and what `engine` refers to, must outlive the object.
    Attempts(AttemptServices engine, const Call& call, std::span<const Prospect> targets,
             Reckoner& reckoner, Replies& replies, Leeway leeway = {});

    // May call on_end() before it returns; then the object may be destroyed already.
    void start();
    void pause();
    void resume();

    // Who answers, for the head of the response; as of the try begun last.
    std::string_view provider() const;
    std::string_view model() const { return target().model; }
    // Complete lines of headers that its plugin adds to the answer's.
    std::string reply_headers() const { return leg().tried.notes().header_lines(); }
    unsigned count() const { return count_; }
    std::chrono::nanoseconds waited() const;
    std::span<const FailedAttempt> failures() const { return failures_; }
    // No try of the call runs: one has failed, and the next has not begun.
    bool is_between_tries() const { return pausing_since_.has_value(); }
    // The try that runs, or the first one, is the last, as nobody waits for the answer. A call of
    // which that is known before it starts does not count in the retry budget.
    void leave_off();
    // True if the whole answer has been seen, and only the provider's figure of its usage is still
    // to come.
    bool waits_for_usage() const { return leg().tried.waits_for_usage(); }
    // Ends what runs for the call, which is then over; `why` is a BW_CLOSE_*. Not from inside a
    // plugin.
    void end_calls(std::uint32_t why);
    // What is known of the call so far. For a call that is ended from outside, as when its client
    // hangs up.
    CallEnd outcome(Result<void> result) const;

  private:
    // A try, and what the call knows of it beside. Two run at once if a call is hedged.
    struct Leg final : TryEvents {
        Leg(Attempts& attempts, std::size_t target_index, std::chrono::nanoseconds waited,
            std::unique_ptr<RestOfAnswer> rest_asked);
        void on_commit() override { owner.on_commit(*this); }
        void on_reply(std::string json) override { owner.replies_.on_reply(std::move(json)); }
        void on_chunk(std::string_view json) override { owner.on_chunk(*this, json); }
        void on_bytes(std::string_view type, std::string_view bytes) override {
            owner.replies_.on_bytes(type, bytes);
        }
        void on_end(Result<void> result) override { owner.on_end(*this, std::move(result)); }
        // The client has content of this try or of one before it.
        bool has_begun() const { return rest || tried.commitment() != Commitment::none; }
        bool has_continued() const { return rest && tried.commitment() != Commitment::none; }

        Attempts& owner;
        const std::size_t at;  // index of its target
        // How long the call had waited, for tries and between them, when this one began.
        const std::chrono::nanoseconds waited_before;
        const std::unique_ptr<RestOfAnswer> rest;  // what is asked for; null: the whole answer
        std::optional<Error> error;                // once it has failed
        Try tried;
    };

    std::size_t first_target(Clock::time_point now) const;
    void begin(std::size_t target, std::size_t slot);
    void set_hedge(Clock::time_point now, std::size_t target);
    void begin_hedge();
    bool may_begin(const route::Candidate& target, Clock::time_point now);
    void on_commit(const Leg& leg);
    void on_chunk(const Leg& leg, std::string_view json);
    void on_end(Leg& leg, Result<void> result);
    void follow(const Leg& leg, std::optional<std::chrono::milliseconds> wait_asked_for);
    Commitment commitment(const Leg& leg) const;
    NextStep decide(const Leg& leg, Clock::time_point now);
    void go_on(const NextTry& next);
    void hold_before(const NextTry& next);
    void decide_anew();
    std::size_t place_of(std::size_t target) const;
    Clock::time_point last_moment(std::size_t target) const;
    void pause_before(const NextTry& next);
    void try_at(std::size_t target);
    std::unique_ptr<RestOfAnswer> rest_at(std::size_t target) const;
    Prospect prospect(std::size_t target) const;
    void give_up(GiveUp why);
    Course& course();
    Course::Outlook look(const Prospect& target) const;
    const config::Retry& retry_at(std::size_t target) const;
    FailedAttempt failed_attempt(const Leg& leg, const Error& error, Followed followed) const;
    void note(const Leg& leg, const Error& error, Followed followed);
    std::size_t slot_of(const Leg& leg) const;
    const Leg* other(const Leg& leg) const;
    void leave_to(const Leg& leg);
    Error told(const Leg& leg, GiveUp why) const;
    void finish(Result<void> result);

    const Leg& leg() const { return *legs_[lead_]; }
    const route::Candidate& target() const { return targets_[leg().at].target; }

    AttemptServices engine_;
    const Call& call_;
    std::span<const Prospect> targets_;  // in the order in which they are tried
    Reckoner& reckoner_;
    Replies& replies_;
    const Leeway leeway_;

    std::array<std::optional<Leg>, 2> legs_;  // the second one only of a hedged call
    std::size_t lead_ = 0;                    // the leg that began last, or the one that is left
    unsigned count_ = 0;
    // Tries of these that only had another credential than the one before; and whether the next one
    // is such a try.
    unsigned other_keys_ = 0;
    bool next_has_other_key_ = false;
    std::optional<net::Alarm> alarm_;                 // until the next try begins, or the hedge
    std::optional<Clock::time_point> pausing_since_;  // between two tries
    std::optional<Course> course_;                    // from the first failure on
    std::optional<Continuation> continuation_;        // if a stream may go on elsewhere
    std::vector<FailedAttempt> failures_;
    std::optional<Error> best_error_;  // the most useful one of the failures
    bool asked_again_ = false;         // the same target, without what its upstream had refused
    bool paused_ = false;
    bool leaves_off_ = false;
    bool repetition_taken_ = false;  // of the retry budget, for the next try
    HeldTries held_;
};

}  // namespace bellwether::policy
