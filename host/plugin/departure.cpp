// How an attempt's request goes out: after the wait that the plugin asked for, with the tokens that
// its credentials need, and signed as the last of all.
#include <algorithm>
#include <array>
#include <utility>

#include "base/clock.hpp"
#include "plugin/attempt.hpp"
#include "plugin/correlation.hpp"

namespace bellwether::plugin {

using credentials::Credential;
using credentials::ReadyCredential;

// Begins the exchange that the plugin has asked for, after the wait that it asked for.
void Attempt::begin_exchange() {
    constexpr std::chrono::hours k_wait_max{24};
    asked_ = Clock::now();
    if (outgoing_->wait().count() == 0) return transmit();
    asked_ += std::min<std::chrono::milliseconds>(outgoing_->wait(), k_wait_max);
    ring_at(asked_, [this] { transmit(); });
}

void Attempt::transmit() {
    const auto named = outgoing_->named();
    with_tokens_.clear();
    if (std::ranges::none_of(named, [](const Credential* one) { return one->tokens().get(); })) {
        std::array<ReadyCredential, bw::rules::k_auth_max> ready;
        for (std::size_t i = 0; i < named.size(); ++i) ready[i].credential = named[i];
        return depart(std::span(ready).first(named.size()));
    }
    if (auto ready = credentials::ready_now(*desk_, named)) {
        with_tokens_ = *std::move(ready);
        return depart(with_tokens_);
    }
    readying_ = credentials::Readying(*desk_, named, [this](auto ready) {
        const UpstreamWait::Interruption working(wait_);
        if (!ready) return end(std::unexpected(std::move(ready.error())));
        readying_.reset();
        with_tokens_ = *std::move(ready);
        depart(with_tokens_);
    });
}

void Attempt::depart(std::span<const ReadyCredential> ready) {
    outgoing_->forward(order_.call->forwarded);
    outgoing_->complete(order_.connect_timeout);
    set_correlation(outgoing_->request.headers, *order_.call);
    if (auto signed_with = credentials::authorize(ready, outgoing_->request); !signed_with) {
        return ring_at(Clock::now(), [this, why = std::move(signed_with)] { end(why); });
    }
    if (reach_ != Reach::answered) reach_ = Reach::sent;
    exchange_ = transport_->start(std::move(outgoing_->request), *this);
    if (flow_ != Flow::open) exchange_.pause();
}

// A token that the upstream has refused may have been revoked. AWS answers 403 to keys that it does
// not take.
void Attempt::tell_of_refusal(int status) {
    for (const auto& [credential, token] : with_tokens_) {
        const bool refused = status == 401 || (status == 403 && credential->signs());
        if (refused && token) credential->tokens()->refused(token);
    }
}

}  // namespace bellwether::plugin
