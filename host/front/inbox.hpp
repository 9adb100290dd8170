// `Inbox` is what a client has sent: the request that is being read, and the bytes that came after
// it, ahead of the reply (pipelining). It does no I/O itself: its Session, which owns it, does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/request_parser.hpp"

namespace bellwether::front {

class Inbox {
  public:
    // `limits` outlive the inbox, or the next use().
    explicit Inbox(const http::MessageLimits& limits) : parser_(limits) {}
    // From now on these limits count.
    void use(const http::MessageLimits& limits) { parser_.use(limits); }

    // ---- the input. A read is pending also while a call runs, because only a read shows that the
    // client has hung up. None is pending while too many unread bytes are kept, nor after the end.

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
    http::IncomingRequest& request() { return parser_.request(); }
    const http::IncomingRequest& request() const { return parser_.request(); }
    // Prepares for the next request. Only after a complete one.
    void next_request() { parser_.restart(); }

    // ---- the bytes that came after the request, in order

    void keep(std::string_view bytes) { kept_.append(bytes); }
    std::string_view kept() const { return std::string_view(kept_).substr(taken_); }
    // Forgets all kept bytes but the last `left`, because they have been read.
    void keep_last(std::size_t left);
    void forget_kept();
    // Counts bytes that are read only to be thrown away. False: there were too many.
    bool throw_away(std::size_t bytes);

  private:
    enum class Input { open, awaited, ended };

    http::RequestParser parser_;
    Input input_ = Input::open;
    std::string kept_;
    std::size_t taken_ = 0;  // bytes at the front of `kept_` that have been read
    std::size_t thrown_away_ = 0;
};

// Whether the client waits for "100 Continue" before it sends the body (Expect: 100-continue). A
// client that has sent a part of the body already does not wait.
bool waits_for_leave(const http::Framing& framing, bool more_has_come);
bool has_body(const http::Framing& framing);

}  // namespace bellwether::front
