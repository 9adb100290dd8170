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
    if (!body.take_spare(context.running.process.body_room, call.body.size())) return false;
    try {
        auto copy =
            std::make_unique<ShadowCall>(context, call, std::move(shadow), std::move(body),
                                         [this](const ShadowCall& ended) { leave_soon(&ended); });
        all_.push_back({context.self.lock(), std::move(copy)});
        boost::asio::post(loop_, [this, one = all_.back().call.get()] { start(one); });
        return true;
    } catch (const std::bad_alloc&) {
        all_.resize(before);
        return false;
    }
}

void ShadowCalls::start(const ShadowCall* one) {
    const auto found =
        std::ranges::find_if(all_, [one](const Copy& copy) { return copy.call.get() == one; });
    if (found == all_.end()) return;
    try {
        found->call->start();
    } catch (const std::bad_alloc&) {
        leave_soon(one);
    }
}

// Leaves from the loop, because the call is on the stack.
void ShadowCalls::leave_soon(const ShadowCall* one) {
    boost::asio::post(loop_, [this, one] {
        std::erase_if(all_, [one](const Copy& copy) { return copy.call.get() == one; });
    });
}

void ShadowCalls::end(const Context& context) {
    for (auto at = all_.begin(); at != all_.end();) {
        const auto one = at++;
        if (one->context.get() != &context) continue;
        one->call->interrupt(CutOff::config_ends);
        all_.erase(one);
    }
}

void ShadowCalls::end() {
    for (const auto& one : std::exchange(all_, {})) one.call->interrupt(CutOff::host_ends);
}

}  // namespace bellwether::front
