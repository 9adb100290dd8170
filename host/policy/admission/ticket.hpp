// The ticket of a call that waits in a queue: its place there, and the timer that ends its wait.
// Destroying the ticket leaves the queue. On its worker's thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "net/alarm.hpp"
#include "policy/admission/queues.hpp"

namespace bellwether::policy {

class Ticket {
  public:
    Ticket(boost::asio::io_context& loop, std::string queue, std::unique_ptr<Queues::Place> place)
        : queue_(std::move(queue)), place_(std::move(place)), end_alarm_(loop) {}

    const std::string& queue() const { return queue_; }
    // The call has tried in vain: its turn comes again after `wait`.
    void try_again(std::chrono::microseconds wait) { place_->try_again(wait); }
    // Calls `time_up` at `end`; this may destroy the ticket.
    void wait_until(Queues::Clock::time_point end, std::function<void()> time_up) {
        end_alarm_.set(end, std::move(time_up));
    }

  private:
    std::string queue_;
    std::unique_ptr<Queues::Place> place_;
    net::Alarm end_alarm_;
};

}  // namespace bellwether::policy
