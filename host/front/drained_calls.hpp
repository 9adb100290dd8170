// `DrainedCalls` owns the calls that go on to their end after their client has hung up
// (on_disconnect = "drain"). Their output is discarded, and they are counted like any other call.
// Each worker has one, on its own thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "front/body_room.hpp"
#include "front/live_call.hpp"

namespace bellwether::front {

class DrainedCalls {
  public:
    // `on_empty` is called when the last call has ended, by itself or at its time limit, but not
    // when end() has cancelled it.
    DrainedCalls(boost::asio::io_context& loop, std::function<void()> on_empty);
    ~DrainedCalls();

    // Lets the call go on, for at most `longest`; zero: for as long as it takes. `body` is the room
    // that the call's request body takes, `context` the call's own.
    void adopt(std::shared_ptr<Context> context, std::unique_ptr<LiveCall> call, HeldBody body,
               std::chrono::milliseconds longest);
    bool empty() const { return all_.empty(); }
    // Cancels the calls of this context.
    void end(const Context& context);
    // Cancels all calls that are left.
    void end();

  private:
    class DiscardingClient;

    void left(const std::shared_ptr<DiscardingClient>& one);

    boost::asio::io_context& loop_;
    std::function<void()> on_empty_;
    std::list<std::shared_ptr<DiscardingClient>> all_;
};

}  // namespace bellwether::front
