// Answers one call: tries the route's targets in order until one delivers content (`PieceSeen` says
// what content is). Chunks without content are held back until content comes, so that the client
// sees nothing of an attempt that failed before. After content no other target is tried, whatever
// happens. Each call has one `Attempts`, on its worker's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/usage.hpp"
#include "net/transport.hpp"
#include "plugin/attempt.hpp"
#include "policy/admission/waiting_counts.hpp"
#include "policy/attempts/deadlines.hpp"
#include "policy/attempts/failed_attempt.hpp"
#include "policy/attempts/next_step.hpp"
#include "policy/estimate/reckoner.hpp"
#include "policy/upstreams/upstream_limits.hpp"
#include "route/table.hpp"

namespace bw::policy {

// What a worker lends to its calls.
struct AttemptServices {
    boost::asio::io_context& loop;
    net::Transport& transport;
    std::span<plugin::ProviderSlot> slots;  // one a provider, in the order of the configuration
    UpstreamLimits& upstream_limits;
    WaitingCounts* waiting = nullptr;  // null: waiting calls are not counted
};

// How a call ended, for the log and the books.
struct CallEnd {
    Result<void> result;
    Usage usage;                // of the last attempt; `failures` have their own
    Doubt doubt = Doubt::none;  // of the usage that its provider reported
    std::string provider;
    std::string model;
    std::string upstream_id;  // the last provider's id of the request
    unsigned attempts = 0;
    std::chrono::nanoseconds waited{0};          // for the providers asked, or for a slow client
    std::vector<FailedAttempt> failures;         // the attempts that were followed by another
    std::optional<std::int64_t> cost_micro_usd;  // nothing: not known
};

// Receives the answer. `Attempts` may be dropped inside on_end, never inside the others.
class Replies {
  public:
    virtual void on_reply(std::string_view json) = 0;  // not streaming: the whole reply
    virtual void on_chunk(std::string_view json) = 0;  // streaming: one chunk to relay
    virtual void on_end(const CallEnd& outcome) = 0;   // once; nothing follows

  protected:
    ~Replies() = default;
};

class Attempts final : private plugin::AttemptEvents {
  public:
    // All arguments, and what `engine` refers to, must outlive the object.
    Attempts(AttemptServices engine, const Call& call, std::span<const Prospect> targets,
             Reckoner& reckoner, Replies& replies);

    // May call on_end() before it returns; then the object may be destroyed already.
    void start();
    void pause();
    void resume();

    // Who answers, for the head of the response; as of the attempt begun last.
    std::string_view provider() const { return provider_; }
    std::string_view model() const { return model_; }
    unsigned count() const { return count_; }
    std::chrono::nanoseconds waited() const;
    // True if the whole answer has been seen, and only the provider's figure of its usage is still
    // to come.
    bool waits_for_usage() const;
    // What is known of the call so far. For a call that is ended from outside, as when its client
    // hangs up.
    CallEnd outcome(Result<void> result) const;

  private:
    void on_head(std::span<const net::Header> headers) override;
    void on_piece(plugin::Piece piece, std::string_view json) override;
    void on_end(Result<void> result) override;

    const route::Candidate& target() const { return targets_[at_].target; }
    Result<void> begin(const route::Candidate& candidate);
    void failed(Error error);
    std::optional<std::size_t> next(const Error& error);
    std::size_t next_with_room() const;
    void finish(Result<void> result);
    bool gives_usage() const;
    void relay(std::string_view chunk, bool content);
    void commit();
    void send_usage(const CallEnd& ended);
    std::string make_usage_chunk(const Usage& usage) const;
    Progress progress() const;
    bool see(std::string_view json);
    AnswerSeen heard() const;
    bool all_finished() const;
    Reckoned reckon(const Result<void>& result) const;

    AttemptServices engine_;
    const Call& call_;
    std::span<const Prospect> targets_;  // in the order in which they are tried
    Reckoner& reckoner_;
    Replies& replies_;

    std::size_t at_ = 0;
    unsigned count_ = 0;
    std::string provider_;
    std::string model_;
    std::string upstream_id_;
    std::string body_;
    std::optional<UpstreamLimits::CountedTrip> trip_;
    std::unique_ptr<plugin::Attempt> attempt_;
    std::optional<Deadlines> deadlines_;
    std::chrono::steady_clock::time_point attempt_started_;
    std::chrono::nanoseconds waited_{0};  // of attempts that are over
    std::vector<FailedAttempt> failures_;
    AnswerSeen heard_;            // of the current attempt, or the last one
    std::uint64_t finished_ = 0;  // a bit for each of its choices that has its finish_reason
    unsigned usage_reports_ = 0;  // of its provider, when generated text last came
    plugin::Reach reach_ = plugin::Reach::none;  // of the last attempt that is over
    Commitment commitment_ = Commitment::none;
    std::vector<std::string> held_;  // chunks without content, until commit()
    std::size_t held_bytes_ = 0;     // of all chunks that have come
    bool usage_sent_ = false;
    bool asked_again_ = false;  // the same target, without what its upstream had refused
    bool paused_ = false;
    std::string usage_chunk_;  // kept until the cost can be written into it
    std::string first_chunk_;  // for the id of a usage chunk, if the host has to make one
};

}  // namespace bw::policy
