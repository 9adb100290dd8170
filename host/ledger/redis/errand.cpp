#include "ledger/redis/errand.hpp"

#include <utility>

namespace bellwether::ledger {

RedisErrand::RedisErrand(const RedisSettings& settings, std::shared_ptr<const RedisScripts> scripts)
    : scripts_(std::move(scripts)),
      connection_(RedisConnection::make(loop_, settings, scripts_->opening(OpenedFor::reports))) {}

RedisErrand::~RedisErrand() { connection_->close(); }

Result<void> RedisErrand::connect() {
    if (!std::exchange(started_, true)) {
        connection_->start([this](const std::string&) { loop_.stop(); });
        loop_.run();
    }
    if (connection_->ready()) return {};
    return fail(ErrorKind::unavailable, "the ledger is away: " + connection_->why_not());
}

Result<RedisReply> RedisErrand::outcome() {
    loop_.restart();
    while (!done_) loop_.run_one();
    done_ = false;
    if (!answer_) {
        return fail(ErrorKind::unavailable, "the ledger is away: " + answer_.error().reason);
    }
    if (answer_->failed()) {
        return fail(ErrorKind::unavailable, "the ledger does not answer: " + answer_->text);
    }
    return std::move(*answer_);
}

Result<RedisReply> RedisErrand::run(Script script, std::vector<std::string> arguments) {
    if (auto connected = connect(); !connected) return std::unexpected(connected.error());
    run_script(scripts_, *connection_, script, std::move(arguments), [this](RedisAnswer answer) {
        answer_ = std::move(answer);
        done_ = true;
    });
    return outcome();
}

Result<RedisReply> RedisErrand::ask(const std::vector<std::string_view>& words) {
    if (auto connected = connect(); !connected) return std::unexpected(connected.error());
    connection_->send(redis_command(words), [this](RedisAnswer answer) {
        answer_ = std::move(answer);
        done_ = true;
    });
    return outcome();
}

}  // namespace bellwether::ledger
