#include "ledger/redis/janitor.hpp"

#include <chrono>
#include <utility>

#include "observe/log.hpp"

namespace bellwether::ledger {
namespace {

// The pause between two batches of old data, so that no call waits for more than one batch.
constexpr std::chrono::milliseconds k_thin_pause{100};

}  // namespace

RedisJanitor::RedisJanitor(boost::asio::io_context& loop, RedisChannel channel)
    : channel_(std::move(channel)), thin_timer_(loop) {}

void RedisJanitor::clean() {
    reap();
    if (!std::exchange(thinning_, true)) thin();
}

void RedisJanitor::reap() {
    channel_.run(Script::reap, {}, [this](const RedisAnswer& answer) {
        if (!answer || answer->failed()) return;
        if (const std::int64_t settled = answer->integer_at(0); settled != 0) {
            observe::warn("settled {} calls of a lost host at their estimate", settled);
        }
        if (answer->integer_at(1) != 0) reap();
    });
}

void RedisJanitor::thin() {
    channel_.run(Script::thin, {}, [this](const RedisAnswer& answer) {
        thinning_ = false;
        if (!answer || answer->failed() || answer->integer == 0) return;
        thin_timer_.expires_after(k_thin_pause);
        thin_timer_.async_wait([this](const auto& error) {
            if (error || !channel_.ready()) return;
            if (!std::exchange(thinning_, true)) thin();
        });
    });
}

}  // namespace bellwether::ledger
