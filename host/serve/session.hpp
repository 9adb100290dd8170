// One client connection: reads requests, one after the other, and writes their replies as they
// come. Lives on its worker's thread; kept alive by its pending operations, and by itself while a
// request is being answered.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/alarm.hpp"
#include "serve/context.hpp"
#include "serve/http_request.hpp"
#include "serve/live_call.hpp"
#include "serve/response.hpp"

namespace bw::serve {

using Socket =
    boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// The sessions of a worker, so that draining reaches them.
class Sessions;

class Session final : public std::enable_shared_from_this<Session>, private Downstream {
  public:
    Session(Socket socket, Context& context, Sessions& sessions);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void start();
    // Closes the connection now if it is idle, else after the reply in progress.
    void drain();
    // Closes it now; a call in progress is told why.
    void abort();

  private:
    // Downstream: what a live call says.
    void respond(int status, std::string_view extra, std::string_view body) override;
    void begin_stream(std::string_view extra) override;
    void event(std::string_view json) override;
    void end_stream() override;
    void finished() override;

    void read();
    void on_read(boost::system::error_code error, std::size_t bytes);
    void parse();
    void on_head();
    void prepare_for_body();
    void on_request();
    void refuse(boost::system::error_code error);
    void refuse(const ErrorReply& reply);
    void log_refusal(int status, std::string_view code);

    void begin_reply();
    void begin_call(Operation operation);
    ResponseHead head(int status, std::string_view extra) const;

    void flush_soon();
    void flush();
    void on_written();
    void next_request();
    void linger();
    void hung_up();
    void close();

    Socket socket_;
    Context& context_;
    Sessions& sessions_;
    std::string client_;  // address:port, for the log

    std::string inbox_;                 // what a waiting read writes into: it must not move
    boost::beast::flat_buffer buffer_;  // received, not yet parsed
    std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
    std::string request_id_;
    std::size_t read_bytes_ = 0;  // how much to read at a time
    bool keep_alive_ = true;
    bool http_1_0_ = false;
    bool head_only_ = false;
    bool head_read_ = false;  // of the request in `parser_`
    bool busy_ = false;       // from a complete request to the end of its reply
    bool replied_ = false;    // the reply is complete in `pending_`
    bool reading_ = false;    // a read is waiting
    bool flush_posted_ = false;
    bool paused_ = false;     // the call's upstream, because the client reads slowly
    bool refused_ = false;    // before the request was read to its end
    bool lingering_ = false;  // only to let a refusal reach a client that still sends
    bool closed_ = false;
    std::size_t lingered_bytes_ = 0;
    net::Alarm alarm_;               // the end of lingering
    std::shared_ptr<Session> hold_;  // while busy: there may be no read or write to keep it alive

    std::unique_ptr<LiveCall> call_;
    std::string pending_;  // to be written
    std::string flight_;   // being written
};

class Sessions {
  public:
    virtual void opened(Session& session) = 0;
    virtual void closed(Session& session) = 0;

  protected:
    ~Sessions() = default;
};

}  // namespace bw::serve
