// One try to answer a call at one target: the plugin's attempt, its time limits, and what has come
// of the answer. Each try is a new object, so nothing of an earlier try is left in it. What is
// known of a try stays after its end. On the worker's thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/usage.hpp"
#include "credentials/token_desk.hpp"
#include "net/transport.hpp"
#include "plugin/attempt.hpp"
#include "policy/admission/waiting_counts.hpp"
#include "policy/attempts/deadlines.hpp"
#include "policy/attempts/next_step.hpp"
#include "policy/attempts/target_watch.hpp"
#include "policy/estimate/reckoner.hpp"
#include "policy/upstreams/upstreams.hpp"
#include "route/table.hpp"

namespace bellwether::policy {

// What a worker lends to its calls.
struct AttemptServices {
    boost::asio::io_context& loop;
    net::Transport& transport;
    credentials::TokenDesk& desk;
    std::span<plugin::ProviderSlot> slots;  // one a provider, in the order of the configuration
    Upstreams& upstreams;
    std::mt19937_64& random;
    WaitingCounts* waiting = nullptr;  // null: waiting calls are not counted
};

// The error code of an answer that the host ended, as it ran far beyond its hold.
inline constexpr std::string_view k_answer_past_limit = "answer_past_limit";

// Receives what of a try is for the client, and its end. The try may be dropped inside on_end,
// never inside the others.
class TryEvents {
  public:
    // The answer of this try is what the client gets. Comes before the first piece of it.
    virtual void on_commit() = 0;
    virtual void on_reply(std::string json) = 0;
    virtual void on_chunk(std::string_view json) = 0;
    // An answer that is not JSON. `type`: its content type.
    virtual void on_bytes(std::string_view type, std::string_view bytes) = 0;
    virtual void on_end(Result<void> result) = 0;  // once, unless the try is closed before

  protected:
    ~TryEvents() = default;
};

class Try final : private plugin::AttemptEvents {
  public:
    // All arguments, and what `engine` refers to, must outlive the try.
    Try(AttemptServices engine, const Call& call, const route::Candidate& target,
        Reckoner& reckoner, TryEvents& events);

    // `number`: 0 for the first try of the call. After an error here on_end is not called.
    // Otherwise it may be called before start() returns, if a time limit has passed by then; so the
    // caller must not use the try any more.
    Result<void> start(unsigned number, bool paused);
    void pause();
    void resume();
    // Closes the exchange. If the upstream refused the call, `result` then says how long it will be
    // until there is room again. `evidence`: whether a failure says something new of the target.
    void close(Result<void>& result, Evidence evidence);
    // Ends the exchange and the plugin's call, which may tell then what it has used; `why` is a
    // BW_CLOSE_*. What is known of the try stays, and close() is still to come.
    void end_call(std::uint32_t why);
    // Closes the exchange, as another target answered sooner. The plugin of that one may be running
    // now, and calls into plugins do not nest: this one's plugin hears of it a little later.
    void close_lost(Result<void>& result);
    // Sends the client the usage that it is to get and has not got. After close() only.
    void send_usage(const Usage& usage, std::optional<std::int64_t> cost_micro_usd);

    // From `committed` on the client gets the answer of this try and no other.
    Commitment commitment() const { return commitment_; }
    AnswerSeen heard() const;
    // All that a stream is to say to the client has come.
    bool is_answered() const { return call_.stream && heard_.pieces > 0 && all_finished(); }
    bool waits_for_usage() const;
    Reckoned reckon(const Result<void>& result) const;
    Clock::time_point started() const { return started_; }
    std::chrono::nanoseconds waited() const { return attempt_ ? attempt_->waited() : waited_; }
    const std::string& upstream_id() const { return upstream_id_; }
    const plugin::SideNotes& notes() const { return attempt_ ? attempt_->notes() : notes_; }

  private:
    void on_head(std::span<const net::Header> headers) override;
    void on_limits(const SaidLimits& said) override { trip_->told(said); }
    void on_piece(plugin::Piece piece, std::string_view data) override;
    void on_end(Result<void> result) override;

    const config::Timeouts& timeouts() const;
    Progress progress() const;
    void commit();
    bool see(std::string_view json, bool reported);
    void relay(std::string_view chunk, bool content);
    std::unique_ptr<plugin::Attempt> leave(Result<void>& result, Evidence evidence);
    void tell_of_credential(const Result<void>& result);
    bool all_finished() const;
    bool gives_usage() const;
    plugin::Reach reach() const { return attempt_ ? attempt_->reach() : reach_; }

    AttemptServices engine_;
    const Call& call_;
    const route::Candidate& target_;
    Reckoner& reckoner_;
    const AskedInBody& asked_;  // by the request as the target gets it
    TryEvents& events_;

    std::chrono::steady_clock::time_point started_;
    std::string body_;
    std::optional<UpstreamLimits::CountedTrip> trip_;
    std::optional<TargetWatch> watch_;
    std::unique_ptr<plugin::Attempt> attempt_;  // until close()
    std::optional<Deadlines> deadlines_;
    std::string upstream_id_;
    plugin::SideNotes notes_;  // as of close()
    AnswerSeen heard_;
    std::uint64_t finished_ = 0;                 // a bit for each choice that has its finish_reason
    unsigned usage_reports_ = 0;                 // of the provider, when generated text last came
    plugin::Reach reach_ = plugin::Reach::none;  // as of close(), as is the next one
    std::chrono::nanoseconds waited_{0};
    Commitment commitment_ = Commitment::none;
    std::optional<std::string> reply_;  // until the attempt has ended well
    std::vector<std::string> held_;     // chunks without content, until `committed`
    std::size_t held_bytes_ = 0;        // of all chunks that have come
    bool usage_sent_ = false;
    std::string usage_chunk_;  // kept until the cost can be written into it
    std::string first_chunk_;  // for the id of a usage chunk, if the host has to make one
};

}  // namespace bellwether::policy
