// One try to answer a call through one provider: the plugin translates, net transfers the bytes and
// the framer cuts them into frames. It may take several exchanges with the upstream, one after the
// other. Lives on one worker's thread. Destroying an attempt cancels it: the exchange with the
// upstream is closed first, then the plugin's call.
#pragma once

#include <bellwether/provider/rules.hpp>
#include <boost/asio/io_context.hpp>
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
#include "base/said_limits.hpp"
#include "base/usage.hpp"
#include "credentials/readying.hpp"
#include "net/alarm.hpp"
#include "net/transport.hpp"
#include "plugin/answer_body.hpp"
#include "plugin/framer.hpp"
#include "plugin/instance.hpp"
#include "plugin/outgoing.hpp"
#include "plugin/reach.hpp"
#include "plugin/side_notes.hpp"
#include "plugin/sinks.hpp"
#include "plugin/tickets.hpp"
#include "plugin/upstream_wait.hpp"

namespace bellwether::plugin {

enum class Piece { reply, chunk, usage, bytes };  // the ABI's BW_EMIT_*

// Receives what an attempt produces. An attempt may be dropped inside on_end, never inside the
// others.
class AttemptEvents {
  public:
    virtual void on_head(std::span<const net::Header> headers) = 0;  // as the upstream sent them
    virtual void on_limits(const SaidLimits& said) = 0;
    virtual void on_piece(Piece piece, std::string_view data) = 0;
    virtual void on_end(Result<void> result) = 0;  // once; nothing follows

  protected:
    ~AttemptEvents() = default;
};

// What an attempt is to do. The text stays valid until the attempt is dropped.
struct Order {
    const Call* call;
    std::string_view model;                        // the upstream's name
    std::string_view body;                         // for the upstream
    std::size_t credential = 0;                    // which one of the provider's goes out with it
    unsigned number = 0;                           // 0 for the first attempt of the call
    std::chrono::milliseconds connect_timeout{0};  // zero: no limit
    std::chrono::milliseconds deadline{0};         // time left; zero: no limit
    bool lists_models = false;                     // in place of the call's own operation
};

class Attempt final : private net::Events, private Sinks {
  public:
    Attempt(std::shared_ptr<Instance> instance, const Order& order, AttemptEvents& events);
    ~Attempt();
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    // Opens the call. After an error here on_end is not called; otherwise it is called once. The
    // worker's transport, its desk and its loop outlive the attempt.
    Result<void> start(net::Transport& transport, credentials::TokenDesk& desk,
                       boost::asio::io_context& loop);
    // Ends the exchange with the upstream. Nothing more is told of the attempt, and neither the
    // call nor the order is looked at again; the plugin's call ends with the object.
    void cut();
    // Ends the plugin's call as well, if it has not ended yet; `why` is a BW_CLOSE_*.
    void close(std::uint32_t why);
    void pause();
    void resume();
    bool is_paused() const { return flow_ != Flow::open; }
    // From inside on_piece only: the attempt ends with the error `why` as soon as its plugin has
    // returned, unless the body of the answer has ended already.
    void stop(Error why) {
        if (!body_.ended()) stopped_ = std::move(why);
    }

    // When the exchange that runs was asked for, or is going to be.
    std::chrono::steady_clock::time_point asked() const { return asked_; }
    // The upstream has refused, and the attempt ends soon, whatever comes of the refusal's body.
    bool ends_soon() const { return reach_ == Reach::refused && framer_.is_error_reply(); }
    // The first byte of the answer's body has come, be it of a comment or a blank line.
    bool body_begun() const { return body_.begun(); }
    std::chrono::steady_clock::time_point last_byte() const { return body_.last_byte(); }
    // When payload last came: a whole event, or bytes of a reply that are not blank.
    std::chrono::steady_clock::time_point last_payload() const { return body_.last_payload(); }
    // The largest of each figure that the provider has reported.
    const Usage& usage() const { return usage_; }
    // How many of the provider's reports gave a figure for what was generated that was not below an
    // earlier one.
    unsigned usage_reports() const { return usage_reports_; }
    // True if one of these reports came with the event, or the step, of the newest piece.
    bool reported_with_piece() const { return usage_reports_ != reports_before_event_; }
    Reach reach() const {
        return reach_ == Reach::sent && exchange_ && !exchange_.sent() ? Reach::none : reach_;
    }
    std::uint64_t body_bytes() const { return body_.bytes(); }  // of the answer, unpacked
    std::chrono::nanoseconds waited() const { return wait_.total(); }
    // What the bytes of an answer are that is not JSON, as the plugin said with the first of them.
    const std::string& content_type() const { return content_type_; }
    // What the plugin has said beside the answer.
    const SideNotes& notes() const { return notes_; }
    // What a list of models has brought so far.
    const std::vector<std::string>& models() const { return models_; }

  private:
    using Phase = bw::rules::Phase;               // decides what the plugin may call
    enum class Flow { open, paused, step_held };  // step_held: paused, and a step is due

    void on_head(int status, std::span<const net::Header> headers) override;
    void on_data(std::string_view bytes) override;
    void on_end(std::optional<net::Failure> failure) override;

    bw_status fail(const bw_error& error) override;
    void log(LogLevel level, std::string_view message) override;
    bw_status send(const bw_send& asked) override;
    bw_status frame(std::uint32_t kind) override;
    bw_status emit(const bw_emit& piece) override;
    bw_status reply_header(const bw_header& header) override;
    bw_status usage(const bw_usage& usage) override;
    bw_status limits(const bw_limits& limits) override;
    bw_status attribute(const bw_attribute& attribute) override;
    bw_ticket begin_engine() override;
    bw_status add_model(const bw_model& model) override;
    bw_status out_of_memory() override;

    bw::rules::Conduct conduct() const;
    template <typename Function, typename... Arguments>
    bw_status call(Phase phase, const char* name, Function function, Arguments... arguments);
    Result<void> open();
    void watch_process();
    void ring_at(std::chrono::steady_clock::time_point when, std::function<void()> ring);
    void begin_exchange();
    void transmit();
    void depart(std::span<const credentials::ReadyCredential> ready);
    void tell_of_refusal(int status);
    bool deliver(const Frame& cut);
    Error framing_error();
    void take_usage(const Usage& told);
    bool says_enough(net::FailureKind failure) const;
    // Nothing: the plugin has asked for another exchange, which has begun.
    std::optional<Result<void>> end_body();
    Result<void> finish_reply();
    void step();
    void schedule_step(std::chrono::milliseconds wait);
    bool needs_no_more() const { return last_word_ && *last_word_; }
    void end_after(std::chrono::milliseconds wait);
    bool failed_in_data() const;
    void judge_answer(bool for_good);
    // What a function of the plugin returned, or the rule that the plugin broke inside it.
    Result<void> judge(bw_status status);
    bw_status take(const bw::rules::Verdict& verdict);
    void tell_of_misbehaviour() const;
    void end(Result<void> result);

    std::shared_ptr<Instance> instance_;
    Order order_;
    // Of the call, which may be gone when the plugin's call is closed.
    const std::uint32_t operation_;  // BW_OP_*
    const bool stream_;
    const std::string id_;
    AttemptEvents& events_;
    bw_attempt handle_;
    bw_call* call_ = nullptr;
    Phase phase_ = Phase::waiting;
    net::Transport* transport_ = nullptr;
    credentials::TokenDesk* desk_ = nullptr;
    boost::asio::io_context* loop_ = nullptr;
    std::optional<Outgoing> outgoing_;  // of the exchange that runs, or that is to begin
    bool sent_ = false;                 // inside the function of the plugin that runs
    std::uint32_t exchanges_ = 0;       // that have ended
    credentials::Readying readying_;    // before the exchange: its tokens are waited for
    std::vector<credentials::ReadyCredential> with_tokens_;  // if any has one
    net::Exchange exchange_;
    std::uint32_t frame_ = BW_FRAME_WHOLE;  // how the answer's body is cut
    bool frame_chosen_ = false;             // by the plugin, when it saw the head
    Framer framer_;

    std::optional<WakeTicket> ticket_;  // of a plugin that answers by itself
    std::optional<WakeTicket> watch_;   // of an isolated plugin, whose process may end
    std::optional<net::Alarm> alarm_;   // for the next step or exchange, or the end of the body
    Flow flow_ = Flow::open;

    // The plugin's last word on the answer's body: it needs no more of it, or it failed. A failure
    // ends the attempt as soon as the framer has returned.
    std::optional<Result<void>> last_word_;
    bool replied_ = false;
    AnswerBody body_;
    std::chrono::steady_clock::time_point asked_{};
    UpstreamWait wait_;
    Usage usage_;
    unsigned usage_reports_ = 0;
    unsigned reports_before_event_ = 0;  // or before the step
    Reach reach_ = Reach::none;
    std::string content_type_;
    SideNotes notes_;
    std::vector<std::string> models_;
    std::optional<Error> stopped_;
    std::optional<Error> told_;     // why the function of the plugin that runs fails
    std::optional<Error> refused_;  // what the host could not do for it
    std::string misbehaviour_;
};

}  // namespace bellwether::plugin
