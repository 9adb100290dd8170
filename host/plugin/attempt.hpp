// One try to answer a call through one provider: the plugin translates, net transfers the bytes and
// the framer cuts them into frames. Lives on one worker's thread. Destroying an attempt cancels it:
// the exchange with the upstream is closed first, then the plugin's call.
#pragma once

#include <bellwether/provider/rules.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/usage.hpp"
#include "net/alarm.hpp"
#include "net/transport.hpp"
#include "plugin/answer_body.hpp"
#include "plugin/framer.hpp"
#include "plugin/instance.hpp"
#include "plugin/outgoing.hpp"
#include "plugin/reach.hpp"
#include "plugin/sinks.hpp"
#include "plugin/upstream_wait.hpp"

namespace bw::plugin {

enum class Piece { reply, chunk, usage };  // the ABI's BW_EMIT_*

// Receives what an attempt produces. An attempt may be dropped inside on_end, never inside the
// others.
class AttemptEvents {
  public:
    virtual void on_head(std::span<const net::Header> headers) = 0;  // as the upstream sent them
    virtual void on_piece(Piece piece, std::string_view json) = 0;
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
};

class Attempt final : private net::Events, private Sinks {
  public:
    Attempt(std::shared_ptr<Instance> instance, const Order& order, AttemptEvents& events);
    ~Attempt();
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;

    // Opens the call. After an error here on_end is not called; otherwise it is called once.
    Result<void> start(net::Transport& transport, boost::asio::io_context& loop);
    // Ends the exchange with the upstream. Nothing more is told of the attempt, and neither the
    // call nor the order is looked at again; the plugin's call ends with the object.
    void cut();
    void pause();
    void resume();
    bool is_paused() const { return flow_ != Flow::open; }
    // From inside on_piece only: the attempt ends with the error `why` as soon as its plugin has
    // returned, unless the body of the answer has ended already.
    void stop(Error why) {
        if (!body_.ended()) stopped_ = std::move(why);
    }

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

  private:
    using Phase = rules::Phase;                   // decides what the plugin may call
    enum class Flow { open, paused, step_held };  // step_held: paused, and a step is due

    void on_head(int status, std::span<const net::Header> headers) override;
    void on_data(std::string_view bytes) override;
    void on_end(std::optional<net::Failure> failure) override;

    void send(std::string_view method, std::string_view url, std::uint32_t frame) override;
    void send_header(std::string_view name, std::string_view value) override;
    void send_secret(std::string_view name, std::string_view prefix,
                     std::string_view secret) override;
    void send_body(std::string_view bytes) override;
    void begin_generating() override;
    void emit(std::uint32_t kind, std::string_view json) override;
    void emit_usage(const bw_usage& usage) override;
    void add_model(std::string_view) override { misbehaved("add outside a list of models"); }
    void out_of_memory() override { stopped_ = bw::out_of_memory(); }

    rules::Conduct conduct() const;
    Result<void> open();
    bool frame(std::uint32_t kind, std::string_view data, std::string_view event);
    Error framing_error();
    void take_usage(const Usage& told);
    bool says_enough(net::FailureKind failure) const;
    Result<void> end_body();
    Result<void> finish_reply();
    void step();
    void schedule_step(std::chrono::milliseconds wait);
    bool needs_no_more() const { return last_word_ && *last_word_; }
    void end_after(std::chrono::milliseconds wait);
    void judge_answer(bool for_good);
    // What a function of the plugin returned, or the rule that the plugin broke inside it.
    Result<void> judge(bw_status status, const bw_error& error);
    void misbehaved(std::string_view rule);
    void obey(const char* broken_rule);
    void end(Result<void> result);
    void close();

    std::shared_ptr<Instance> instance_;
    Order order_;
    AttemptEvents& events_;
    bw_exchange handle_;
    bw_call* call_ = nullptr;
    Phase phase_ = Phase::waiting;
    Outgoing outgoing_;
    std::string own_body_;  // the request's body, unless it is a part of order_.body
    net::Exchange exchange_;
    Framer framer_;

    bool generating_ = false;
    std::optional<net::Alarm> alarm_;  // for the next step, or for the end of the body
    Flow flow_ = Flow::open;

    // The plugin's last word on the answer's body: it needs no more of it, or it failed. A failure
    // ends the attempt as soon as the framer has returned.
    std::optional<Result<void>> last_word_;
    bool replied_ = false;
    AnswerBody body_;
    UpstreamWait wait_;
    Usage usage_;
    unsigned usage_reports_ = 0;
    unsigned reports_before_event_ = 0;  // or before the step
    Reach reach_ = Reach::none;
    std::optional<Error> stopped_;
    std::string misbehaviour_;
};

}  // namespace bw::plugin
