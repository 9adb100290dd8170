// A call being answered: between the policy that runs its attempts and the connection that it came
// from. Decides what the client sees of each piece, and makes the record of the call at its end.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "front/call_meter.hpp"
#include "front/context.hpp"
#include "front/error_reply.hpp"
#include "front/heartbeat.hpp"
#include "policy/admission/admission.hpp"
#include "policy/admission/gate.hpp"
#include "policy/attempts/attempts.hpp"

namespace bw::front {

// The connection, as a live call needs it. None of these calls back.
class Downstream {
  public:
    virtual void respond(int status, std::string_view extra_headers, std::string_view body) = 0;
    virtual void begin_stream(std::string_view extra_headers) = 0;
    virtual void event(std::string_view json) = 0;
    virtual void comment() = 0;  // only after begin_stream
    virtual void end_stream() = 0;
    virtual void finished() = 0;  // the reply is complete; the live call may be dropped

  protected:
    ~Downstream() = default;
};

class LiveCall final : private policy::Replies {
  public:
    // `caller`: whose key the call came with; null: none was needed.
    LiveCall(Context& context, Downstream& downstream, Call call, const config::Key* caller,
             std::string client);

    // May finish at once, and be gone when it returns.
    void start();
    void pause();
    void resume();
    // The client has hung up: the call ends here. The caller drops the call next, which cancels it.
    void abandoned();
    // What is to become of the call if its client hangs up now.
    config::OnDisconnect on_disconnect() const;
    // The client has hung up, and the call goes on: `nobody` takes what it says.
    void go_on_without_client(Downstream& nobody);
    // The host will not wait for the call any longer: tells the client why. May be gone when it
    // returns.
    void interrupt();
    // The host cannot go on with it: likewise.
    void give_up(const Error& why);

  private:
    // What there is of a client.
    enum class Reader {
        waiting,    // nothing of an answer has gone out to it
        streaming,  // the head of a stream has
        gone,       // it has hung up, and the call goes on without it
    };

    void on_reply(std::string_view json) override;
    void on_chunk(std::string_view json) override;
    void on_end(const policy::CallEnd& outcome) override;

    void begin();
    void open_gate();
    void beat();
    void begin_stream(std::string_view extra_headers);
    void end(const Error& error);
    // How the call stands, if it ends now by `error`.
    policy::CallEnd outcome(Error error) const;
    std::string headers() const;
    void refuse(const Error& error);
    void refuse(const Error& error, const ErrorReply& reply);
    void end(const policy::CallEnd& outcome, const ErrorReply& reply);
    void record(const policy::CallEnd& outcome, int status, std::string_view error_code);

    Context& context_;
    Downstream* downstream_;
    Call call_;
    const config::Key* const caller_;
    CallMeter meter_;
    std::string client_;
    std::string route_;
    std::optional<policy::Admission> admission_;
    std::optional<policy::Gate> gate_;
    std::optional<policy::Attempts> attempts_;
    std::optional<Heartbeat> heartbeat_;  // of a stream
    std::string reply_;
    config::OnDisconnect on_disconnect_;
    Reader reader_ = Reader::waiting;
    std::size_t bytes_out_ = 0;
    std::chrono::steady_clock::time_point first_byte_{};
};

}  // namespace bw::front
