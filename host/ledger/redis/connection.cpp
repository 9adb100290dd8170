#include "ledger/redis/connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

namespace bellwether::ledger {

using namespace std::chrono_literals;

namespace {

// The back-off before the next attempt is a random time up to k_pause, which doubles with each
// failed attempt up to k_pause_max. It is random so that hosts do not all come back at once.
constexpr std::chrono::milliseconds k_pause = 50ms;
constexpr std::chrono::milliseconds k_pause_max = 2s;

}  // namespace

std::shared_ptr<RedisConnection> RedisConnection::make(boost::asio::io_context& loop,
                                                       RedisSettings settings, Opening opening) {
    return std::shared_ptr<RedisConnection>(
        new RedisConnection(loop, std::move(settings), std::move(opening)));
}

RedisConnection::RedisConnection(boost::asio::io_context& loop, RedisSettings settings,
                                 Opening opening)
    : loop_(loop),
      settings_(std::move(settings)),
      opening_(std::move(opening)),
      reason_(settings_.name() + ": not connected yet"),
      retry_timer_(loop),
      watch_timer_(loop) {}

void RedisConnection::start(std::function<void(const std::string&)> on_change) {
    on_change_ = std::move(on_change);
    connect();
}

void RedisConnection::connect() {
    state_ = State::connecting;
    refused_ = false;
    reader_ = RedisReader();
    greetings_.clear();
    output_.clear();
    writing_ = false;
    socket_ = std::make_unique<RedisSocket>(loop_);
    const std::int64_t limit_ms = settings_.connect_limit_ms;
    retry_timer_.expires_after(std::chrono::milliseconds(limit_ms));
    retry_timer_.async_wait([self = shared_from_this(), limit_ms](const auto& error) {
        if (error || self->state_ != State::connecting) return;
        self->lost("no connection within " + std::to_string(limit_ms) + " ms");
    });
    socket_->connect(settings_, [this](std::string failure) {
        if (!failure.empty()) return lost(std::move(failure));
        retry_timer_.cancel();
        open();
    });
}

void RedisConnection::open() {
    state_ = State::opening;
    const auto expect = [this](const std::vector<std::string_view>& words) {
        enqueue(redis_command(words), [this](RedisAnswer answer) { opened(answer); });
    };
    const std::string& password = settings_.password;
    if (!settings_.user.empty()) {
        expect({"AUTH", settings_.user, password});
    } else if (!password.empty()) {
        expect({"AUTH", password});
    }
    if (settings_.database != 0) expect({"SELECT", std::to_string(settings_.database)});
    for (const std::string& command : opening_) {
        enqueue(command, [this](RedisAnswer answer) {
            if (answer && !answer->failed()) greetings_.push_back(*answer);
            opened(answer);
        });
    }
    expect({"PING"});
    read();
}

void RedisConnection::opened(const RedisAnswer& answer) {
    if (!answer || state_ != State::opening) return;
    if (answer->failed()) {
        refused_ = !answer->not_yet();
        return lost("it answered: " + answer->text);
    }
    if (!waiting_.empty()) return;
    state_ = State::ready;
    attempts_ = 0;
    may_wait_ = true;
    reason_.clear();
    for (Unsent& unsent : std::exchange(unsent_, {})) {
        enqueue(std::move(unsent.command), std::move(unsent.on_answer));
    }
    if (on_change_) on_change_(reason_);
}

void RedisConnection::send(std::string command, OnAnswer on_answer) {
    const bool waits = !ready() && may_wait_ && state_ != State::closed;
    const std::size_t before = waits ? unsent_.size() : waiting_.size();
    if (before >= k_redis_waiting_max) {
        return on_answer(std::unexpected(RedisFailure{.reason = settings_.name() + ": " +
                                                                std::to_string(before) +
                                                                " commands wait already"}));
    }
    if (ready()) return enqueue(std::move(command), std::move(on_answer));
    if (waits) return unsent_.push_back({std::move(command), std::move(on_answer)});
    on_answer(std::unexpected(RedisFailure{.reason = reason_}));
}

void RedisConnection::enqueue(std::string command, OnAnswer on_answer) {
    const auto limit = std::chrono::milliseconds(settings_.answer_limit_ms);
    waiting_.push_back({std::move(on_answer), Clock::now() + limit});
    output_ += command;
    if (waiting_.size() == 1) watch();
    flush();
}

void RedisConnection::flush() {
    if (writing_ || output_.empty()) return;
    writing_ = true;
    socket_->write(std::exchange(output_, {}), [this](std::string failure) {
        writing_ = false;
        if (!failure.empty()) return lost(std::move(failure));
        flush();
    });
}

void RedisConnection::read() {
    socket_->read([this](std::string failure, std::string_view bytes) {
        if (!failure.empty()) return lost(std::move(failure));
        received(bytes);
    });
}

void RedisConnection::received(std::string_view bytes) {
    const auto self = shared_from_this();
    const RedisSocket* const socket = socket_.get();
    reader_.feed(bytes);
    while (socket == socket_.get()) {  // a callback may lose or close this connection
        auto reply = reader_.next();
        if (!reply) return lost("it does not speak Redis's protocol: " + reply.error());
        if (!*reply) return read();
        if (waiting_.empty()) return lost("it answered what nobody had asked");
        OnAnswer on_answer = std::move(waiting_.front().on_answer);
        waiting_.pop_front();
        if (ready() && (*reply)->wrong_server()) {
            lost("it answered: " + (*reply)->text);
            return on_answer(std::unexpected(RedisFailure{.reason = reason_}));
        }
        on_answer(std::move(**reply));
    }
}

void RedisConnection::lost(std::string reason) {
    if (state_ == State::closed || state_ == State::apart) return;
    const auto self = shared_from_this();
    may_wait_ = state_ == State::ready;
    state_ = State::apart;
    // The socket is destroyed later, on the loop, as one of its handlers may have called this.
    socket_->close();
    boost::asio::post(loop_, [socket = std::shared_ptr<RedisSocket>(std::move(socket_))] {});
    watch_timer_.cancel();
    reason_ = settings_.name() + ": " + reason;
    fail_all(reason_);
    if (!may_wait_) fail_unsent(reason_);
    if (state_ == State::closed) return;
    retry();
    if (on_change_) on_change_(reason_);
}

void RedisConnection::fail_all(const std::string& reason) {
    for (Waiting& waiting : std::exchange(waiting_, {})) {
        waiting.on_answer(std::unexpected(RedisFailure{.reason = reason, .perhaps_done = true}));
    }
}

void RedisConnection::fail_unsent(const std::string& reason) {
    for (Unsent& unsent : std::exchange(unsent_, {})) {
        unsent.on_answer(std::unexpected(RedisFailure{.reason = reason}));
    }
}

void RedisConnection::retry() {
    const auto most = std::min(k_pause * (1 << std::min(attempts_++, 10)), k_pause_max);
    std::uniform_int_distribution<std::int64_t> pause(0, most.count());
    retry_timer_.expires_after(std::chrono::milliseconds(pause(random_)));
    retry_timer_.async_wait([self = shared_from_this()](const auto& error) {
        if (!error && self->state_ == State::apart) self->connect();
    });
}

void RedisConnection::watch() {
    if (watched_) return;
    watched_ = true;
    watch_timer_.expires_at(waiting_.front().deadline);
    watch_timer_.async_wait([self = shared_from_this()](const auto&) {
        self->watched_ = false;
        self->check();
    });
}

void RedisConnection::check() {
    if (state_ != State::ready && state_ != State::opening) return;
    if (!waiting_.empty() && waiting_.front().deadline <= Clock::now()) {
        return lost("no answer within " + std::to_string(settings_.answer_limit_ms) + " ms");
    }
    if (!waiting_.empty()) return watch();
    // No command was sent for a while. Only a command shows whether the server is still there.
    enqueue(redis_command({"PING"}), [](const RedisAnswer&) {});
}

void RedisConnection::close() {
    if (state_ == State::closed) return;
    const auto self = shared_from_this();
    state_ = State::closed;
    reason_ = settings_.name() + ": closed";
    on_change_ = {};
    if (socket_) socket_->close();
    retry_timer_.cancel();
    watch_timer_.cancel();
    fail_all(reason_);
    fail_unsent(reason_);
}

}  // namespace bellwether::ledger
