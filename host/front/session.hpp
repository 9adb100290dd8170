// One client connection: reads requests, one after the other, and writes their replies as they
// come. Lives on its worker's thread; kept alive by its pending operations, and by itself while a
// request is being answered.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "front/answer.hpp"
#include "front/body_room.hpp"
#include "front/connections.hpp"
#include "front/context.hpp"
#include "front/lazy_alarm.hpp"
#include "front/live_call.hpp"
#include "front/response.hpp"
#include "http/request_parser.hpp"

namespace bw::front {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// The sessions of a worker, so that draining reaches them.
class Sessions;

class Session final : public std::enable_shared_from_this<Session>, private Downstream {
  public:
    // `surface` is what the connection's listener serves. With a place beyond the limit it serves
    // nothing, and start() tells the client so.
    Session(Socket socket, Context& context, Sessions& sessions, Surface surface, Place place);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start();
    // Closes the connection now if it is idle, else after the reply in progress.
    void drain();
    // Closes it now; a call in progress is told why.
    void abort();

  private:
    using Clock = LazyAlarm::Clock;

    // Downstream: what a live call says.
    void respond(int status, std::string_view extra, std::string_view body) override;
    void begin_stream(std::string_view extra) override;
    void event(std::string_view json) override;
    void comment() override;
    void end_stream() override;
    void finished() override;

    void read();
    void on_read(boost::system::error_code error, std::size_t bytes);
    void read_at_once();
    void take(std::string_view bytes);
    void take_next();
    void take_early();
    template <typename Work>
    void with_memory(const Work& work);
    void out_of_memory();
    void forget_early();
    void parse(std::string_view& bytes);
    bool on_head(bool waits);
    bool admit(const http::Request& request);
    void look_at_origin(const http::Request& request);
    void wait_for_rest(std::size_t bytes);
    void on_input_end();
    void probe();

    void on_request();
    Answer make_answer();
    void begin_reply();
    void begin_call(Operation operation);
    void refuse(const http::Refusal& refusal);
    void refuse(const ErrorReply& reply, const config::Key* key);
    bool count_body();
    void forget_body();
    void log_refusal(int status, std::string_view code, const config::Key* key);
    ResponseHead head(int status, std::string_view extra) const;

    void flush_soon();
    void flush();
    void write_rest();
    void on_written();
    void next_request();

    void on_time();
    void linger();
    void hung_up();
    void leave_call();
    void close();

    const config::Front& limits() const { return context_.host.config.server.front; }

    Socket socket_;
    Context& context_;
    Sessions& sessions_;
    const Surface surface_;
    const Place place_;
    std::string client_;  // address:port, for the log
    LazyAlarm alarm_;     // the end of patience, whatever is waited for

    // Enough for most requests. What is longer is read into the worker's scratch buffer: a
    // connection that waits needs no large one of its own.
    std::array<char, 2048> inbox_;
    http::RequestParser parser_;
    std::string early_;  // sent ahead of the reply in progress
    std::size_t early_taken_ = 0;
    Clock::time_point body_begun_{};
    std::size_t body_bytes_ = 0;  // as they came
    HeldBody held_body_;          // from the request's head until its reply is made
    std::string request_id_;
    std::string origin_headers_;           // of every answer to the request
    const config::Key* caller_ = nullptr;  // whose key the request came with; null: none was needed

    bool keep_alive_ = true;
    bool http_1_0_ = false;
    bool head_only_ = false;
    bool preflight_ = false;    // a browser asks for a page; nobody is asked who that is
    bool head_begun_ = false;   // and its time is measured
    bool busy_ = false;         // from a complete request to the end of its reply
    bool streaming_ = false;    // the head of a stream is in `pending_` or gone
    bool replied_ = false;      // the reply is complete in `pending_`
    bool reading_ = false;      // a read is waiting
    bool input_ended_ = false;  // the client sends no more; it may still wait for the reply
    bool flush_posted_ = false;
    bool paused_ = false;     // the call's upstream, because the client reads slowly
    bool refused_ = false;    // nothing that comes is a request any more
    bool lingering_ = false;  // only to let a refusal reach a client that still sends
    bool closed_ = false;
    std::size_t lingered_bytes_ = 0;
    std::shared_ptr<Session> hold_;  // while busy: there may be no read or write to keep it alive

    std::unique_ptr<LiveCall> call_;
    std::string pending_;      // to be written
    std::string flight_;       // being written
    std::size_t written_ = 0;  // of `flight_`
};

class Sessions {
  public:
    virtual void opened(Session& session) = 0;
    virtual void closed(Session& session) = 0;

  protected:
    ~Sessions() = default;
};

}  // namespace bw::front
