// `LiveCall` is a call that is being answered. It stands between the policy that runs the call's
// attempts and the connection that the call came from: it decides what the client sees of each
// piece, and makes the call's record at the end. Its Session owns it, or DrainedCalls. On the
// worker's thread only.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/call.hpp"
#include "front/call_meter.hpp"
#include "front/context.hpp"
#include "front/cut_off.hpp"
#include "front/error_reply.hpp"
#include "front/heartbeat.hpp"
#include "policy/admission/admission.hpp"
#include "policy/admission/gate.hpp"
#include "policy/attempts/attempts.hpp"

namespace bellwether::front {

// `Downstream` is the client's connection as a live call sees it. What writes a part of an answer
// may call LiveCall::pause, and finished() may destroy the live call; the other functions never
// call it back.
class Downstream {
  public:
    virtual void respond(int status, std::string_view extra_headers, std::string_view body) = 0;
    virtual void begin_stream(std::string_view extra_headers) = 0;
    virtual void event(std::string_view json) = 0;
    // In dialects whose events have names.
    virtual void named_event(std::string_view name, std::string_view json) = 0;
    virtual void comment() = 0;     // only after begin_stream
    virtual void end_stream() = 0;  // with the last word that OpenAI's dialect has
    // An answer that is neither JSON nor events.
    virtual void begin_bytes(std::string_view type, std::string_view extra_headers) = 0;
    virtual void bytes(std::string_view bytes) = 0;
    virtual void end_body() = 0;   // of bytes, or of a stream of named events
    virtual void break_off() = 0;  // the answer has begun, and cannot come to its end
    virtual void finished() = 0;   // the reply is complete; the live call may be destroyed

  protected:
    ~Downstream() = default;
};

class LiveCall final : private policy::Replies {
  public:
    // `caller`: whose key the call came with; null: none was needed.
    LiveCall(Context& context, Downstream& downstream, Call call, const config::Key* caller,
             std::string client);

    // The call may end at once; then this object may be destroyed before start() returns.
    void start();
    void pause();
    void resume();
    // Records that the client has hung up. The caller must then drop the call, which cancels it.
    void abandoned();
    // Whether the client has asked for a stream.
    bool is_stream() const { return call_.stream; }
    // What happens to the call if its client hangs up now.
    config::OnDisconnect on_disconnect() const;
    // The client has hung up, and the call goes on; from now on its output goes to `nobody`.
    void go_on_without_client(Downstream& nobody);
    // Ends the call, and tells the client why. This object may be destroyed before interrupt()
    // returns.
    void interrupt(CutOff why);
    // Ends the call because of an error of the host's own, and tells the client so. This object may
    // be destroyed before give_up() returns.
    void give_up(const Error& why);

  private:
    // How far the client's answer has come.
    enum class Reader {
        waiting,    // nothing of the answer has gone to the client
        streaming,  // the head of a stream has gone to the client
        bytes,      // the head of an answer that is neither JSON nor a stream has gone to it
        gone,       // the client has hung up, and the call goes on without it
    };

    void on_reply(std::string json) override;
    void on_chunk(std::string_view json) override;
    void on_bytes(std::string_view type, std::string_view bytes) override;
    void on_end(const policy::CallEnd& outcome) override;

    void begin();
    void open_gate();
    void beat();
    void begin_stream(std::string_view extra_headers);
    void begun(std::chrono::steady_clock::time_point now);
    void event(std::string_view json);
    void end_stream();
    void end(const Error& error);
    // The outcome of the call if it ends now with `error`.
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
    std::optional<policy::Destination> shadow_;  // of its copy, until that begins
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

}  // namespace bellwether::front
