// `Session` is one client connection: it reads requests, one after the other, and writes their
// replies as they come. It lives on its worker's thread; its pending operations keep it alive, and
// it keeps itself alive while a request is being answered. Inbox, Outbox, ClientTimeouts and
// phase.hpp decide what can be decided from bytes and time alone; Session carries it out.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "front/answer.hpp"
#include "front/body_room.hpp"
#include "front/client_timeouts.hpp"
#include "front/connections.hpp"
#include "front/context.hpp"
#include "front/cut_off.hpp"
#include "front/lazy_alarm.hpp"
#include "front/live_call.hpp"
#include "front/outbox.hpp"
#include "front/phase.hpp"
#include "front/response.hpp"
#include "front/surface.hpp"

namespace bellwether::front {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// The sessions of a worker, so that draining and a new context reach them.
class Sessions;

class Session final : public std::enable_shared_from_this<Session>, private Downstream {
  public:
    // With a place beyond the limit it serves nothing, and start() tells the client so.
    Session(Socket socket, Sessions& sessions, ConnectionPlace place);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start();
    // The worker has another context. It counts from the next request whose head is not read yet;
    // one that is being answered keeps the context that it began with.
    void renew();
    // Whether the session's request is of this context.
    bool is_of(const Context& context) const { return context_.get() == &context; }
    // Closes the connection now if it is idle, else after the reply in progress.
    void drain();
    // Ends what the connection does, unless that is a stream, an answer that is already on its way
    // piece by piece, or the end of an answer. The client of a call in progress is told why, and
    // the connection is closed behind that. After drain().
    void end_plain_call();
    // Closes the connection now; the client of a call in progress is told why.
    void abort(CutOff why);

  private:
    using Clock = LazyAlarm::Clock;

    // What the reply to one request depends on besides the request's body.
    struct ReplyContext {
        std::string id;
        std::string origin_headers;           // the CORS headers of every answer to the request
        const config::Key* caller = nullptr;  // the client's key; null: none was needed
        bool keep_alive = true;
        bool bytes = false;   // the reply is no text
        bool probed = false;  // the size of its next chunk has begun
        bool resets = false;  // the connection, at its end: the reply must not look complete
    };

    // Downstream: what a live call says.
    void respond(int status, std::string_view extra, std::string_view body) override;
    void begin_stream(std::string_view extra) override;
    void event(std::string_view json) override;
    void named_event(std::string_view name, std::string_view json) override;
    void comment() override;
    void end_stream() override;
    void begin_bytes(std::string_view type, std::string_view extra) override;
    void bytes(std::string_view bytes) override;
    void end_body() override;
    void break_off() override;
    void finished() override;

    void read();
    void on_read(boost::system::error_code error, std::size_t bytes);
    void read_at_once();
    void take(std::string_view bytes);
    void take_kept();
    template <typename Work>
    void with_memory(const Work& work);
    void out_of_memory();
    std::string_view parse(std::string_view bytes);
    void parsed(std::size_t bytes);
    bool on_head(bool more_has_come);
    bool admit(const http::IncomingRequest& request);
    void look_at_origin(const http::IncomingRequest& request);
    void wait_for_rest(Phase before, std::size_t bytes);
    void on_input_end();
    void probe();

    void on_request();
    Answer make_answer();
    void answer_later(const LaterAnswer& begin);
    void answer(Answer answer);
    void begin_reply(Phase phase);
    void begin_call(Operation operation);
    void refuse(const http::Refusal& refusal);
    void refuse(const ErrorReply& error, const config::Key* key);
    bool count_body();
    void forget_body();
    void log_refusal(int status, std::string_view code, const config::Key* key);
    ResponseHead head(int status, std::string_view extra) const;
    bool has_sent() const;
    void wait_shortly();
    bool chunked() const;
    bool head_only() const;
    bool preflight() const;

    void begin_body(ResponseHead head);
    template <typename Append>
    void append_part(const Append& append);
    void reply_made();
    void flush_soon();
    void flush();
    void went_out(std::size_t bytes);
    void write_rest();
    void on_written();
    void next_request();

    void on_time();
    void linger();
    void hung_up();
    void leave_call();
    void close();

    void use(std::shared_ptr<Context> context);
    const config::Front& limits() const { return context_->host.config.server.front; }
    const Surface& surface() const { return context_->surface; }

    Socket socket_;
    Sessions& sessions_;
    std::shared_ptr<Context> context_;
    const ConnectionPlace place_;
    std::string client_;  // address:port, for the log
    LazyAlarm alarm_;     // the deadline of whatever the connection waits for

    // Large enough for most requests. The rest of a longer one is read into the worker's scratch
    // buffer, so that an idle connection needs no large buffer of its own.
    std::array<char, 2048> buffer_;
    Inbox inbox_;
    Outbox outbox_;
    Phase phase_ = Phase::waiting;
    ClientTimeouts timeouts_;
    ReplyContext exchange_;
    HeldBody held_body_;             // from the request's head until its reply is made
    std::shared_ptr<Session> hold_;  // this, while answering: perhaps no read or write is pending
    std::unique_ptr<LiveCall> call_;
};

class Sessions {
  public:
    // The worker's context as it is now.
    virtual const std::shared_ptr<Context>& context() const = 0;
    virtual void opened(Session& session) = 0;
    virtual void closed(Session& session) = 0;

  protected:
    ~Sessions() = default;
};

}  // namespace bellwether::front
