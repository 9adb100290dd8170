// Answers one call: tries the route's targets in order until one delivers content (`PieceSeen` says
// what content is). Chunks without content are held back until content comes, so that the client
// sees nothing of an attempt that failed before. After content no other target is tried, whatever
// happens. Each call has one `Attempts`, on its worker's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/usage.hpp"
#include "policy/attempts/failed_attempt.hpp"
#include "policy/attempts/try.hpp"
#include "policy/estimate/reckoner.hpp"

namespace bw::policy {

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
    const config::Price* price = nullptr;        // of the last target; null: not known
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

class Attempts final : private TryEvents {
  public:
    // All arguments, and what `engine` refers to, must outlive the object.
    Attempts(AttemptServices engine, const Call& call, std::span<const Prospect> targets,
             Reckoner& reckoner, Replies& replies);

    // May call on_end() before it returns; then the object may be destroyed already.
    void start();
    void pause();
    void resume();

    // Who answers, for the head of the response; as of the try begun last.
    std::string_view provider() const;
    std::string_view model() const { return target().model; }
    unsigned count() const { return count_; }
    std::chrono::nanoseconds waited() const { return waited_ + try_->waited(); }
    // True if the whole answer has been seen, and only the provider's figure of its usage is still
    // to come.
    bool waits_for_usage() const { return try_->waits_for_usage(); }
    // What is known of the call so far. For a call that is ended from outside, as when its client
    // hangs up.
    CallEnd outcome(Result<void> result) const;

  private:
    void on_reply(std::string_view json) override { replies_.on_reply(json); }
    void on_chunk(std::string_view json) override { replies_.on_chunk(json); }
    void on_end(Result<void> result) override;

    const route::Candidate& target() const { return targets_[at_].target; }
    std::optional<std::size_t> next(const Error& error);
    std::size_t next_with_room() const;
    void finish(Result<void> result);

    AttemptServices engine_;
    const Call& call_;
    std::span<const Prospect> targets_;  // in the order in which they are tried
    Reckoner& reckoner_;
    Replies& replies_;

    std::size_t at_ = 0;
    unsigned count_ = 0;
    std::optional<Try> try_;              // from start() on
    std::chrono::nanoseconds waited_{0};  // of the tries before it
    std::vector<FailedAttempt> failures_;
    bool asked_again_ = false;  // the same target, without what its upstream had refused
    bool paused_ = false;
};

}  // namespace bw::policy
