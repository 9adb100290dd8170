// What a client has sent: the request that is being read, and the bytes that came behind it, ahead
// of the reply (pipelining). A value: it reads and writes nothing itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/request_parser.hpp"

namespace bw::front {

class Inbox {
  public:
    // `limits` outlive the inbox.
    explicit Inbox(const http::MessageLimits& limits) : parser_(limits) {}

    // ---- the input. A read is always under way, also while a call runs, for that is how a hang-up
    // is seen; but not while too much is kept.

    bool wants_read() const;
    void read_begins() { input_ = Input::awaited; }
    void read_ends() { input_ = Input::open; }
    // The client sends no more; it may still wait for its reply.
    void end() { input_ = Input::ended; }
    bool ended() const { return input_ == Input::ended; }

    // ---- requests

    // Reads on in the request, from the front of `bytes`. See RequestParser::feed.
    http::ParseStep feed(std::string_view& bytes) { return parser_.feed(bytes); }
    const http::RequestParser& parser() const { return parser_; }
    http::RequestHead& request() { return parser_.request(); }
    const http::RequestHead& request() const { return parser_.request(); }
    // Makes ready for the next request; after a complete one.
    void next_request() { parser_.restart(); }

    // ---- what came behind the request, in order

    void keep(std::string_view bytes) { kept_.append(bytes); }
    std::string_view kept() const { return std::string_view(kept_).substr(taken_); }
    // All of it but the last `left` bytes has been read.
    void keep_last(std::size_t left);
    void forget_kept();
    // Counts what is read only to be thrown away. False: it is too much.
    bool throw_away(std::size_t bytes);

  private:
    enum class Input { open, awaited, ended };

    http::RequestParser parser_;
    Input input_ = Input::open;
    std::string kept_;
    std::size_t taken_ = 0;  // of `kept_`, from its front
    std::size_t thrown_away_ = 0;
};

// Whether the client waits for leave to send the body (Expect: 100-continue). One that has sent a
// part of it already does not.
bool waits_for_leave(const http::Framing& framing, bool more_has_come);
bool has_body(const http::Framing& framing);

}  // namespace bw::front
