#include "net/client.hpp"

#include <utility>

#include "net/engine.hpp"
#include "net/transfer.hpp"

namespace bw::net {

// The loop may hold callbacks for longer than the Client lives, so they share the engine.
struct Client::Impl {
    std::shared_ptr<Engine> engine;
};

Exchange& Exchange::operator=(Exchange&& other) noexcept {
    if (this != &other) {
        reset();
        transfer_ = std::move(other.transfer_);
    }
    return *this;
}

Exchange::~Exchange() { reset(); }

void Exchange::reset() {
    if (const auto transfer = std::exchange(transfer_, nullptr)) transfer->cancel();
}

void Exchange::pause() {
    if (transfer_) transfer_->pause();
}

void Exchange::resume() {
    if (transfer_) transfer_->resume();
}

Client::Client(boost::asio::io_context& loop)
    : impl_(std::make_unique<Impl>(std::make_shared<Engine>(loop))) {}

Client::~Client() { impl_->engine->shutdown(); }

Exchange Client::start(Request request, Events& events) {
    return Exchange(impl_->engine->start(std::move(request), events));
}

}  // namespace bw::net
