#include "ledger/redis/keeper.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <random>
#include <utility>

#include "observe/log.hpp"

namespace bw::ledger {

using namespace std::chrono_literals;

namespace {

// Enough to keep a server busy that is a millisecond away. More would only stand in the way of
// the holds of calls, which the server carries out one behind another with these.
constexpr std::size_t k_in_flight_max = 128;
// After the server has refused a settlement, for want of memory perhaps.
constexpr std::chrono::milliseconds k_pause = 200ms;
// Between two batches of old rows, so that calls need not wait for more than one.
constexpr std::chrono::milliseconds k_thin_pause = 100ms;
// To settle what is left, and to say that this host is gone for good.
constexpr std::int64_t k_farewell_ms = 1'000;

template <typename Clock>
std::int64_t microseconds() {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch())
        .count();
}
std::int64_t steady_us() { return microseconds<std::chrono::steady_clock>(); }

std::chrono::steady_clock::time_point after_ms(std::int64_t limit_ms) {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds(limit_ms);
}

// Never the same again, also where the server forgets it.
std::string random_name() {
    static thread_local std::random_device device;
    return fmt::format("{:08x}{:06x}", device(), device() & 0xff'ffff);
}

}  // namespace

RedisKeeper::RedisKeeper(RedisSettings settings, std::shared_ptr<const RedisScripts> scripts,
                         RedisHolds& holds, std::uint64_t host)
    : settings_(std::move(settings)),
      scripts_(std::move(scripts)),
      holds_(holds),
      host_(std::to_string(host)),
      offset_us_(microseconds<std::chrono::system_clock>() - steady_us()),
      work_(boost::asio::make_work_guard(loop_)),
      connection_(RedisConnection::make(loop_, settings_, scripts_->opening(OpenedFor::calls))),
      pause_timer_(loop_),
      renew_timer_(loop_),
      thin_timer_(loop_),
      thread_([this] { run(); }) {}

RedisKeeper::~RedisKeeper() {
    take_over_all();
    boost::asio::post(loop_, [this] { leave(); });
    {
        const Lock lock(mutex_);
        condition_.wait_until(mutex_, after_ms(k_farewell_ms),
                              [&]() REQUIRES(mutex_) { return left_; });
    }
    boost::asio::post(loop_, [this] {
        connection_->close();
        loop_.stop();
    });
    thread_.join();
    if (const std::size_t left = unconfirmed(); left != 0) {
        observe::warn(
            "{} settlements did not reach the ledger at {}; another host will settle these calls "
            "at their estimate",
            left, settings_.name());
    }
}

void RedisKeeper::run() {
    connection_->start([this](const std::string& reason) { changed(reason); });
    loop_.run();
}

Result<void> RedisKeeper::first_contact() {
    const Lock lock(mutex_);
    condition_.wait(mutex_, [&]() REQUIRES(mutex_) { return tried_; });
    if (refusal_.empty()) return {};
    return fail(ErrorKind::unavailable, "the ledger cannot be kept: " + refusal_);
}

void RedisKeeper::changed(const std::string& reason) {
    const bool was_away = away_.exchange(!reason.empty());
    if (away_ && !was_away && away_lines_.may(std::chrono::steady_clock::now())) {
        away_told_ = true;
        observe::warn("the ledger is away: {}", reason);
    } else if (!away_ && std::exchange(away_told_, false)) {
        observe::info("the ledger at {} is there again", settings_.name());
    }
    if (away_) return tried(connection_->refused() ? reason : "");
    paused_ = false;
    renew();
    pump();
}

void RedisKeeper::tried(const std::string& refusal) {
    {
        const Lock lock(mutex_);
        if (!tried_) refusal_ = refusal;
        tried_ = true;
    }
    condition_.notify_all();
}

RedisKeeper::TaskPointer RedisKeeper::note(const Settlement& settlement, std::string_view how) {
    Words words = settle_words(settlement, how, holds_.epoch_of(settlement.id));
    const Lock lock(mutex_);
    if (!ids_.insert(settlement.id).second) return nullptr;
    const std::uint64_t number = ++last_task_;
    auto task = std::make_shared<const Task>(std::move(words), settlement.id, number);
    tasks_.emplace(number, task);
    unconfirmed_.store(tasks_.size(), std::memory_order_relaxed);
    return task;
}

void RedisKeeper::confirm(const Task& task) {
    {
        const Lock lock(mutex_);
        if (tasks_.erase(task.number) == 0) return;
        ids_.erase(task.id);
        unconfirmed_.store(tasks_.size(), std::memory_order_relaxed);
    }
    holds_.remove(task.id);
    condition_.notify_all();
}

void RedisKeeper::take_over(TaskPointer task) {
    bool first = false;
    {
        const Lock lock(mutex_);
        first = incoming_.empty();
        incoming_.push_back(std::move(task));
    }
    if (first) boost::asio::post(loop_, [this] { take(); });
}

void RedisKeeper::withdraw(HoldId id) {
    if (TaskPointer task = note({.id = id}, k_settle_withdrawn)) take_over(std::move(task));
}

void RedisKeeper::take() {
    std::vector<TaskPointer> taken;
    {
        const Lock lock(mutex_);
        taken.swap(incoming_);
    }
    pending_.insert(pending_.end(), taken.begin(), taken.end());
    pump();
}

void RedisKeeper::pump() {
    while (!paused_ && connection_->ready() && in_flight_ < k_in_flight_max && !pending_.empty()) {
        TaskPointer task = std::move(pending_.front());
        pending_.pop_front();
        ++in_flight_;
        run_script(scripts_, *connection_, Script::settle, task->words,
                   [this, task](const RedisAnswer& answer) { answered(task, answer); });
    }
}

void RedisKeeper::answered(TaskPointer task, const RedisAnswer& answer) {
    --in_flight_;
    if (answer && answer->failed()) pause(answer->text);
    const bool lost = answer && answer->integer == k_settle_lost;
    if (answer && !answer->failed() && !lost) {
        confirm(*task);
    } else {
        pending_.push_back(std::move(task));
    }
    // A connection that takes no more answers at once: to go on would never end.
    if (!answer) {
        if (connection_->ready()) pause(answer.error().reason);
        return;
    }
    // Its hold is given again before it is settled again: the commands go one behind another.
    if (lost) {
        hold_strays();
        look();
    }
    if (in_flight_ < k_in_flight_max / 2) pump();
}

void RedisKeeper::pause(const std::string& why) {
    if (refusal_lines_.may(std::chrono::steady_clock::now())) {
        observe::warn("the ledger at {} does not settle, trying again: {}", settings_.name(), why);
    }
    if (std::exchange(paused_, true)) return;
    pause_timer_.expires_after(k_pause);
    pause_timer_.async_wait([this](const auto& error) {
        if (error) return;
        paused_ = false;
        pump();
    });
}

void RedisKeeper::look() {
    if (looking_.exchange(true)) return;
    boost::asio::post(loop_, [this] {
        if (connection_->ready()) return renew();
        looking_ = false;  // it is the first thing on a new connection
    });
}

// A server that is there without what it had cannot be told from a new one: hosts go on with it, as
// nobody could bring back what is gone, and say so.
void RedisKeeper::found(const std::string& epoch, std::int64_t looks) {
    looks_ = looks;
    if (!holds_.enter(epoch)) return;
    ++losses_;
    observe::error(
        "the ledger at {} has lost what it had: it was emptied, restarted without its data, or "
        "replaced by another server. Budgets and limits begin anew; calls in flight are held anew",
        settings_.name());
}

void RedisKeeper::hold_strays() {
    const auto epoch = holds_.epoch();
    for (const Hold& hold : holds_.take_strays()) hold_again(hold, epoch);
}

void RedisKeeper::hold_again(const Hold& hold, const std::string& epoch) {
    run_script(scripts_, *connection_, Script::hold, hold_words(hold, epoch, k_hold_again),
               [this, id = hold.id, epoch](const RedisAnswer& answer) {
                   const bool emptied = answer && !answer->failed() &&
                                        HoldCode{answer->integer_at(0)} == HoldCode::emptied;
                   if (answer && !answer->failed() && !emptied) return holds_.placed(id, epoch);
                   holds_.not_placed(id);  // until the next renewal
                   if (emptied) return look();
                   if (answer) pause(answer->text);
               });
}

void RedisKeeper::renew() {
    looking_ = true;
    const std::int64_t sent_us = steady_us();
    run_script(scripts_, *connection_, Script::renew,
               {host_, random_name(), holds_.epoch(), std::to_string(looks_)},
               [this, sent_us](const RedisAnswer& answer) {
                   looking_ = false;
                   if (!answer) return;
                   if (answer->failed()) return tried(settings_.name() + ": " + answer->text);
                   if (answer->elements.size() < 3) {
                       return tried(settings_.name() + ": its answer makes no sense");
                   }
                   offset_us_ = answer->integer_at(0) - (sent_us + steady_us()) / 2;
                   found(answer->elements[1].text, answer->integer_at(2));
                   hold_strays();
                   tried({});
                   reap();
                   thin();
               });
    renew_timer_.expires_after(std::chrono::milliseconds(settings_.lease_ms / 3));
    renew_timer_.async_wait([this](const auto& error) {
        if (!error && connection_->ready()) renew();
    });
}

void RedisKeeper::reap() {
    run_script(scripts_, *connection_, Script::reap, {}, [this](const RedisAnswer& answer) {
        if (!answer || answer->failed()) return;
        if (const std::int64_t settled = answer->integer_at(0); settled != 0) {
            observe::warn("settled {} calls of a lost host at their estimate", settled);
        }
        if (answer->integer_at(1) != 0) reap();
    });
}

// Several hosts may do so at once: what one has taken out the next does not find.
void RedisKeeper::thin() {
    if (std::exchange(thinning_, true)) return;
    run_script(scripts_, *connection_, Script::thin, {}, [this](const RedisAnswer& answer) {
        thinning_ = false;
        if (!answer || answer->failed() || answer->integer == 0) return;
        thin_timer_.expires_after(k_thin_pause);
        thin_timer_.async_wait([this](const auto& error) {
            if (!error && connection_->ready()) thin();
        });
    });
}

void RedisKeeper::leave() {
    const auto done = [this] {
        const Lock lock(mutex_);
        left_ = true;
        condition_.notify_all();
    };
    take();
    if (!connection_->ready()) return done();
    if (unconfirmed() != 0) {  // until they are, or the time is up
        pause_timer_.expires_after(1ms);
        pause_timer_.async_wait([this](const auto&) {
            paused_ = false;
            leave();
        });
        return;
    }
    run_script(scripts_, *connection_, Script::leave, {host_},
               [done](const RedisAnswer&) { done(); });
}

std::int64_t RedisKeeper::now_us() const {
    return steady_us() + offset_us_.load(std::memory_order_relaxed);
}

// Those that sessions have sent, too: a session's loop may not run any more.
void RedisKeeper::take_over_all() {
    {
        const Lock lock(mutex_);
        for (const auto& [number, task] : tasks_) incoming_.push_back(task);
    }
    boost::asio::post(loop_, [this] { take(); });
}

bool RedisKeeper::flush(std::int64_t limit_ms) {
    if (unconfirmed() == 0) return true;
    take_over_all();
    const Lock lock(mutex_);
    const std::uint64_t last = last_task_;
    return condition_.wait_until(mutex_, after_ms(limit_ms), [&]() REQUIRES(mutex_) {
        return tasks_.empty() || tasks_.begin()->first > last;
    });
}

}  // namespace bw::ledger
