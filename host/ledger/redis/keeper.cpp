#include "ledger/redis/keeper.hpp"

#include <boost/asio/post.hpp>
#include <chrono>
#include <utility>

#include "ledger/clock.hpp"
#include "ledger/redis/codec.hpp"
#include "observe/log.hpp"

namespace bellwether::ledger {
namespace {

// How long the destructor waits until all is settled and the lease is given back.
constexpr std::int64_t k_farewell_ms = 1'000;
constexpr std::chrono::milliseconds k_farewell_look{1};

Condition::Time after_ms(std::int64_t limit_ms) {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
}

}  // namespace

RedisKeeper::RedisKeeper(RedisSettings settings, std::shared_ptr<const RedisScripts> scripts,
                         RedisHolds& holds, std::uint64_t host)
    : holds_(holds),
      clock_(system_time_us(), steady_time_us()),
      work_(boost::asio::make_work_guard(loop_)),
      channel_{
          .scripts = scripts,
          .connection = RedisConnection::make(loop_, settings, scripts->opening(OpenedFor::calls)),
          .server = settings.name()},
      settler_(loop_, channel_, outbox_,
               {.confirmed = [this](const Task& task) { confirm(task); },
                .lost =
                    [this] {
                        recovery_.hold_strays();
                        look();
                    }}),
      lease_(loop_, channel_, holds, {.host = host, .lease_ms = settings.lease_ms},
             [this](const auto& renewal, std::int64_t asked_us) { renewed(renewal, asked_us); }),
      recovery_(channel_, holds,
                {.emptied = [this] { look(); },
                 .refused = [this](const std::string& why) { settler_.pause(why); }}),
      janitor_(loop_, channel_),
      leave_timer_(loop_),
      thread_([this] {
          channel_.connection->start([this](const std::string& reason) { changed(reason); });
          loop_.run();
      }) {}

RedisKeeper::~RedisKeeper() {
    take_over_all();
    boost::asio::post(loop_, [this] { leave(); });
    left_.wait_until(after_ms(k_farewell_ms));
    boost::asio::post(loop_, [this] {
        channel_.connection->close();
        loop_.stop();
    });
    thread_.join();
    if (const std::size_t left = unconfirmed(); left != 0) {
        observe::warn(
            "{} settlements did not reach the ledger at {}; another host will settle these calls "
            "at their estimate",
            left, channel_.server);
    }
}

Result<void> RedisKeeper::first_contact() {
    const std::string refusal = tried_.wait();
    if (refusal.empty()) return {};
    return fail(ErrorKind::unavailable, "the ledger cannot be kept: " + refusal);
}

void RedisKeeper::changed(const std::string& reason) {
    away_ = !reason.empty();
    switch (away_notice_.changed(away_, std::chrono::steady_clock::now())) {
        case AwayNotice::Tell::nothing: break;
        case AwayNotice::Tell::away: observe::warn("the ledger is away: {}", reason); break;
        case AwayNotice::Tell::back:
            observe::info("the ledger at {} is there again", channel_.server);
            break;
    }
    if (away_) return tried_.make(channel_.connection->refused() ? reason : "");
    lease_.renew();
    settler_.resume();
}

void RedisKeeper::renewed(const std::expected<Renewal, std::string>& renewal,
                          std::int64_t asked_us) {
    if (!renewal) return tried_.make(channel_.server + ": " + renewal.error());
    clock_.heard(renewal->server_us, asked_us, steady_time_us());
    recovery_.found(renewal->epoch);
    recovery_.hold_strays();
    tried_.make();
    janitor_.clean();
}

RedisKeeper::TaskPointer RedisKeeper::note(const Settlement& settlement, std::string_view how) {
    return outbox_.note(settlement.id,
                        settle_words(settlement, how, holds_.epoch_of(settlement.id)));
}

void RedisKeeper::confirm(const Task& task) {
    holds_.remove(task.id);  // first, as the next line may end a flush that waits for the task
    outbox_.confirm(task);
}

void RedisKeeper::take_over(TaskPointer task) {
    if (outbox_.hand_over(std::move(task))) boost::asio::post(loop_, [this] { settler_.send(); });
}

void RedisKeeper::withdraw(HoldId id) {
    if (TaskPointer task = note({.id = id}, k_settle_withdrawn)) take_over(std::move(task));
}

void RedisKeeper::leave() {
    settler_.send();
    if (!channel_.ready()) return left_.make();
    if (unconfirmed() == 0) return lease_.leave([this] { left_.make(); });
    leave_timer_.expires_after(k_farewell_look);  // until all is settled, or the time is up
    leave_timer_.async_wait([this](const auto&) {
        settler_.resume();
        leave();
    });
}

std::int64_t RedisKeeper::now_us() const { return clock_.at(steady_time_us()); }

void RedisKeeper::take_over_all() {
    outbox_.hand_over_all();
    boost::asio::post(loop_, [this] { settler_.send(); });
}

bool RedisKeeper::flush(std::int64_t limit_ms) {
    if (unconfirmed() == 0) return true;
    take_over_all();
    return outbox_.wait_until(after_ms(limit_ms));
}

}  // namespace bellwether::ledger
