// A client of the host: asks once, reads slowly or hangs up as chance will have it, and judges what
// it is told.
#pragma once

#include <memory>
#include <string>

#include "chance.hpp"
#include "front/context.hpp"
#include "front/live_call.hpp"
#include "net/alarm.hpp"
#include "plan.hpp"
#include "referee.hpp"
#include "words.hpp"

namespace bellwether::simulator {

class Client final : public front::Downstream, public std::enable_shared_from_this<Client> {
  public:
    // The context is that of the configuration which is in effect when it asks.
    Client(const Plan& plan, std::shared_ptr<front::Context> context, Chance& chance,
           Referee& referee, std::uint64_t number);

    void ask();
    bool over() const { return call_ == nullptr; }
    std::uint64_t generation() const { return context_->generation; }
    // What came of it, for the summary.
    Happening end() const { return end_; }

    void respond(int status, std::string_view extra_headers, std::string_view body) override;
    void begin_stream(std::string_view extra_headers) override;
    void event(std::string_view json) override;
    void named_event(std::string_view, std::string_view json) override { event(json); }
    void comment() override;
    void end_stream() override;
    void begin_bytes(std::string_view, std::string_view extra) override { begin_stream(extra); }
    void bytes(std::string_view) override {}
    void end_body() override { end_stream(); }
    void break_off() override { finished(); }
    void finished() override;

  private:
    enum class Phase { waiting, streaming, ended, finished };

    Call make_call();
    void schedule_whim();
    void have_whim();
    void hang_up();
    void read_text(std::string_view text);
    void read_chunk(const json::Value& chunk);
    void read_error(std::string_view body);
    void require_phase(Phase phase, const char* what);

    const Plan& plan_;
    const std::shared_ptr<front::Context> context_;
    Chance& chance_;
    Referee& referee_;
    const std::uint64_t number_;
    std::unique_ptr<front::LiveCall> call_;
    net::Alarm alarm_;  // its next whim
    Phase phase_ = Phase::waiting;
    Happening end_ = Happening::left;
    bool reads_slowly_ = false;
    Clock::time_point asked_;
    Clock::duration asleep_{0};  // while it did not read
    Words words_;                // of its answer
    std::string id_;             // of its chunks
    int roles_ = 0;
};

}  // namespace bellwether::simulator
