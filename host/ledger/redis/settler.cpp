#include "ledger/redis/settler.hpp"

#include <utility>

#include "observe/log.hpp"

namespace bellwether::ledger {
namespace {

constexpr std::chrono::milliseconds k_pause{200};

}  // namespace

Sent sent(const RedisAnswer& answer) {
    if (!answer) return Sent::unknown;
    if (answer->failed()) return Sent::refused;
    return answer->integer == k_settle_lost ? Sent::lost : Sent::confirmed;
}

RedisSettler::RedisSettler(boost::asio::io_context& loop, RedisChannel channel, RedisOutbox& outbox,
                           Hooks events)
    : channel_(std::move(channel)),
      outbox_(outbox),
      events_(std::move(events)),
      pause_timer_(loop) {}

void RedisSettler::send() {
    queue_.add(outbox_.take());
    pump();
}

void RedisSettler::pump() {
    while (channel_.ready()) {
        auto task = queue_.next();
        if (!task) return;
        channel_.run(Script::settle, task->words,
                     [this, task](const RedisAnswer& answer) { answered(task, answer); });
    }
}

void RedisSettler::answered(RedisOutbox::TaskPointer task, const RedisAnswer& answer) {
    queue_.answered();
    const Sent outcome = sent(answer);
    if (outcome == Sent::refused) pause(answer->text);
    if (outcome == Sent::confirmed) {
        events_.confirmed(*task);
    } else {
        queue_.add_again(std::move(task));
    }
    // A connection whose backlog is full fails a command from inside. The next one would fail in
    // the same way, without end, so the queue pauses.
    if (outcome == Sent::unknown) {
        if (channel_.ready()) pause(answer.error().reason);
        return;
    }
    // events_.lost() sends the hold again. The settlement is sent after it, on the same connection,
    // so the server carries them out in this order.
    if (outcome == Sent::lost) events_.lost();
    if (queue_.wants_more()) pump();
}

void RedisSettler::pause(const std::string& why) {
    if (refusal_lines_.may(std::chrono::steady_clock::now())) {
        observe::warn("the ledger at {} does not settle, trying again: {}", channel_.server, why);
    }
    if (!queue_.pause()) return;
    pause_timer_.expires_after(k_pause);
    pause_timer_.async_wait([this](const auto& error) {
        if (!error) resume();
    });
}

void RedisSettler::resume() {
    queue_.resume();
    pump();
}

}  // namespace bellwether::ledger
