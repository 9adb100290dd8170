// The ticket of a call that waits in a line: its place there, and the timer that ends its wait.
// Destroying the ticket leaves the line, so that the next call tries. On its worker's thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/alarm.hpp"
#include "policy/admission/lines.hpp"

namespace bw::policy {

class Ticket {
  public:
    Ticket(boost::asio::io_context& loop, std::string line, std::unique_ptr<Lines::Place> place)
        : line_(std::move(line)), place_(std::move(place)), patience_(loop) {}

    const std::string& line() const { return line_; }
    // The call has tried in vain: its turn comes again after `wait`.
    void try_again(std::chrono::microseconds wait) { place_->try_again(wait); }
    // Calls `time_up` at `end`; this may destroy the ticket.
    void wait_until(Lines::Clock::time_point end, std::function<void()> time_up) {
        patience_.set(end, std::move(time_up));
    }

  private:
    std::string line_;
    std::unique_ptr<Lines::Place> place_;
    net::Alarm patience_;
};

}  // namespace bw::policy
