#include "front/shadow_calls.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <new>
#include <utility>

namespace bellwether::front {

void ShadowCalls::copy(Context& context, const Call& call, policy::Destination shadow) {
    if (context.draining) return;
    const std::string route = shadow.route;
    if (!add(context, call, std::move(shadow))) {
        context.metrics.shadow_call(route, observe::ShadowOutcome::no_room);
    }
}

// A lack of memory must not reach the client's own call, on whose behalf this runs.
bool ShadowCalls::add(Context& context, const Call& call, policy::Destination shadow) {
    const std::size_t before = all_.size();
    HeldBody body;
    if (before >= k_at_once_max) return false;
    if (!body.take_spare(*context.running.body_room, call.body.size())) return false;
    try {
        all_.push_back(
            std::make_unique<ShadowCall>(context, call, std::move(shadow), std::move(body),
                                         [this](const ShadowCall& ended) { leave_soon(&ended); }));
        boost::asio::post(loop_, [this, one = all_.back().get()] { start(one); });
        return true;
    } catch (const std::bad_alloc&) {
        all_.resize(before);
        return false;
    }
}

void ShadowCalls::start(const ShadowCall* one) {
    const auto found = std::ranges::find(all_, one, &std::unique_ptr<ShadowCall>::get);
    if (found == all_.end()) return;
    try {
        (*found)->start();
    } catch (const std::bad_alloc&) {
        leave_soon(one);
    }
}

// Leaves from the loop, because the call is on the stack.
void ShadowCalls::leave_soon(const ShadowCall* one) {
    boost::asio::post(loop_, [this, one] {
        std::erase_if(all_, [one](const auto& other) { return other.get() == one; });
    });
}

void ShadowCalls::end() {
    for (const auto& one : std::exchange(all_, {})) one->interrupt();
}

}  // namespace bellwether::front
