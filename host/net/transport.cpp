#include "net/transport.hpp"

namespace bellwether::net {

Exchange& Exchange::operator=(Exchange&& other) noexcept {
    if (this != &other) {
        reset();
        sending_ = std::move(other.sending_);
    }
    return *this;
}

Exchange::~Exchange() { reset(); }

void Exchange::reset() {
    if (const auto sending = std::exchange(sending_, nullptr)) sending->cancel();
}

bool Exchange::sent() const { return sending_ != nullptr && sending_->sent(); }

void Exchange::pause() {
    if (sending_) sending_->pause();
}

void Exchange::resume() {
    if (sending_) sending_->resume();
}

}  // namespace bellwether::net
