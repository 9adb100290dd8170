#include "plugin/tickets.hpp"

#include <atomic>
#include <boost/asio/post.hpp>
#include <new>
#include <unordered_map>
#include <utility>

#include "base/mutex.hpp"

namespace bellwether::plugin {

struct WakeTicket::Woken {
    boost::asio::io_context& loop;
    std::function<void()> on_wake;
    std::atomic<bool> is_woken = false;  // and has not been called yet
};

namespace {

// The calls that can be woken. While it is locked none of them ends, nor the loop of any.
struct LiveTickets {
    Mutex mutex;
    std::unordered_map<bw_ticket, std::shared_ptr<WakeTicket::Woken>> calls;
    bw_ticket last = 0;
};

LiveTickets& live_tickets() {
    static LiveTickets& all = *new LiveTickets;  // a thread of a plugin may outlive everything
    return all;
}

bw_ticket enter(std::shared_ptr<WakeTicket::Woken> call) {
    LiveTickets& all = live_tickets();
    const Lock lock(all.mutex);
    all.calls.emplace(++all.last, std::move(call));
    return all.last;
}

}  // namespace

WakeTicket::WakeTicket(boost::asio::io_context& loop, std::function<void()> on_wake)
    : call_(std::make_shared<Woken>(loop, std::move(on_wake))), number_(enter(call_)) {}

WakeTicket::~WakeTicket() {
    LiveTickets& all = live_tickets();
    const Lock lock(all.mutex);
    all.calls.erase(number_);
}

void wake(bw_ticket number) noexcept {
    LiveTickets& all = live_tickets();
    const Lock lock(all.mutex);
    const auto found = all.calls.find(number);
    if (found == all.calls.end() || found->second->is_woken.exchange(true)) return;
    try {
        boost::asio::post(found->second->loop, [weak = std::weak_ptr(found->second)] {
            const auto call = weak.lock();
            if (!call) return;
            call->is_woken = false;
            call->on_wake();
        });
    } catch (const std::bad_alloc&) {
        found->second->is_woken = false;  // the next wake may find memory
    }
}

}  // namespace bellwether::plugin
