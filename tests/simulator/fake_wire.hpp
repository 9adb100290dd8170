// The upstreams and the network before them: each request is answered by chance, well or badly, in
// the time of the simulation (script.hpp), and by the weather at its provider (weather.hpp).
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "chance.hpp"
#include "checked_ledger.hpp"
#include "net/transport.hpp"
#include "plan.hpp"
#include "referee.hpp"
#include "weather.hpp"

namespace bellwether::simulator {

// What stands before the number of a call in its prompt.
inline constexpr std::string_view k_call_mark = "call #";
// What stands before the number of a key in it, of a provider that has several.
inline constexpr std::string_view k_key_mark = "key-";

class FakeWire final : public net::Transport {
  public:
    // All must outlive it.
    FakeWire(const Plan& plan, boost::asio::io_context& loop, Chance& chance, Referee& referee,
             CheckedLedger& ledger)
        : plan_(plan), loop_(loop), chance_(chance), referee_(referee), ledger_(ledger) {}

    [[nodiscard]] net::Exchange start(net::Request request, net::Events& events) override;

    std::uint64_t started() const { return started_; }
    std::size_t under_way() const { return under_way_; }

  private:
    class Line;

    const Plan& plan_;
    boost::asio::io_context& loop_;
    Chance& chance_;
    Referee& referee_;
    CheckedLedger& ledger_;
    std::map<std::string, Weather> weather_;  // by provider
    std::map<std::pair<std::string, std::size_t>, KeyWeather> keys_;
    std::uint64_t started_ = 0;
    std::size_t under_way_ = 0;
};

}  // namespace bellwether::simulator
