// Calls that go on to their end after their client has hung up (on_disconnect = "drain"): nobody
// reads what they say, and they are counted like any other. One worker's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "front/body_room.hpp"
#include "front/live_call.hpp"

namespace bw::front {

class DrainedCalls {
  public:
    // `on_empty` is told when the last of them has ended by itself.
    DrainedCalls(boost::asio::io_context& loop, std::function<void()> on_empty);
    ~DrainedCalls();

    // Lets the call go on, for at most `longest`; zero: for as long as it takes.
    // `body` is what its request's body takes.
    void adopt(std::unique_ptr<LiveCall> call, HeldBody body, std::chrono::milliseconds longest);
    bool empty() const { return all_.empty(); }
    // Cancels all that are left. While the worker's context is still there.
    void end();

  private:
    class Nobody;

    void left(const std::shared_ptr<Nobody>& one);

    boost::asio::io_context& loop_;
    std::function<void()> on_empty_;
    std::list<std::shared_ptr<Nobody>> all_;
};

}  // namespace bw::front
