// Tickets of engines' calls: numbers by which any thread of a plugin may ask for a step. A number
// is never used again, so that one which a thread still holds does nothing once its call is over.
#pragma once

#include <bellwether/ext/engine.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

namespace bellwether::plugin {

// A call that can be woken, for as long as this lives. Made and dropped on the thread of its loop.
class WakeTicket {
  public:
    // `on_wake` is called on the loop, once for any number of wakes that came before.
    WakeTicket(boost::asio::io_context& loop, std::function<void()> on_wake);
    ~WakeTicket();
    WakeTicket(const WakeTicket&) = delete;
    WakeTicket& operator=(const WakeTicket&) = delete;

    bw_ticket number() const { return number_; }

    struct Woken;

  private:
    std::shared_ptr<Woken> call_;
    const bw_ticket number_;
};

// Wakes the call that has this ticket, if there is one. From any thread.
void wake(bw_ticket number) noexcept;

}  // namespace bellwether::plugin
