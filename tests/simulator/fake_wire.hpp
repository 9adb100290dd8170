// The upstreams and the network before them: each request is answered by chance, well or badly, in
// the time of the simulation. What a good answer says is marked with the number of its exchange, so
// that a client can tell whether anything has reached it twice, or of two answers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <set>

#include "chance.hpp"
#include "net/transport.hpp"

namespace bw::simulator {

class FakeWire final : public net::Transport {
  public:
    FakeWire(boost::asio::io_context& loop, Chance& chance) : loop_(loop), chance_(chance) {}

    [[nodiscard]] net::Exchange start(net::Request request, net::Events& events) override;

    std::uint64_t started() const { return started_; }
    std::size_t under_way() const { return under_way_; }

  private:
    class Line;

    boost::asio::io_context& loop_;
    Chance& chance_;
    std::uint64_t started_ = 0;
    std::size_t under_way_ = 0;
};

}  // namespace bw::simulator
