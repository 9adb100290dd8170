// A ledger that goes from one process to another. Both processes are here in one, each with a
// thread of its own for what runs beside the calls.
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <future>
#include <random>
#include <thread>

#include "ledger/handover/movable_store.hpp"
#include "ledger/handover/relay.hpp"
#include "ledger/handover/relayed_calls.hpp"
#include "ledger/handover/wire.hpp"
#include "ledger/memory.hpp"
#include "sqlite_fixture.hpp"

namespace bellwether::ledger {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::milliseconds k_limit{30'000};
const MovableStore::Patience k_patience{.limit = k_limit};

Hold full_hold() {
    Hold hold{.id = {7, 1ull << 41},
              .claims = {budget("b", 5, 10, {3, 4}), rate("r", 1, 2, 3), concurrency("c", 1, 2)}};
    hold.claims[0].counter.value = std::string("a\0b", 3);
    hold.claims[1].refuses = false;
    hold.estimate = {.time_us = -1, .request_id = "req", .user = "ü", .cost_micro_usd = 12};
    hold.estimate.usage = {.input_tokens = 4, .output_tokens = 5, .source = UsageSource::estimate};
    return hold;
}

TEST(HandoverWire, BringsEveryMemberAcross) {
    const auto hold = full_hold();
    const auto ask = read_ask(to_bytes(RelayedAsk(hold)));
    ASSERT_TRUE(ask);
    const auto& read = std::get<Hold>(*ask);
    EXPECT_EQ(read.id, hold.id);
    ASSERT_THAT(read.claims, SizeIs(3));
    EXPECT_EQ(read.claims[0].counter, hold.claims[0].counter);
    EXPECT_EQ(read.claims[0].window, hold.claims[0].window);
    EXPECT_EQ(read.claims[1].measure, Measure::rate);
    EXPECT_EQ(read.claims[1].burst, 3);
    EXPECT_FALSE(read.claims[1].refuses);
    EXPECT_TRUE(read.claims[2].refuses);
    EXPECT_EQ(read.estimate.user, "ü");
    EXPECT_EQ(read.estimate.usage.output_tokens, 5);
    EXPECT_EQ(read.estimate.usage.source, UsageSource::estimate);
    EXPECT_EQ(to_bytes(*ask), to_bytes(RelayedAsk(hold))) << "of all that was not looked at";

    const RelayedAnswer answer{
        {1, 2}, {.answer = HoldAnswer::refused, .refused_by = 1, .standings = {{.left = -3}}}};
    const auto decided = read_answer(to_bytes(answer));
    ASSERT_TRUE(decided);
    EXPECT_EQ(decided->verdict.standings.front().left, -3);
    EXPECT_EQ(to_bytes(*decided), to_bytes(answer));
    const MovedStore moved{
        .file = {.device = 1, .number = 2, .born_ns = -3},
        .holds = {hold, hold},
        .tallies = {{.number = 3, .measure = Measure::rate, .name = {"r", "x"}, .window = {5, 6}}},
        .usage = {hold.estimate}};
    auto taken = read_moved(to_bytes(moved));
    ASSERT_TRUE(taken);
    EXPECT_THAT(taken->holds, SizeIs(2));
    ASSERT_THAT(taken->tallies, SizeIs(1));
    EXPECT_EQ(taken->tallies[0].name, moved.tallies[0].name);
    EXPECT_EQ(taken->file, moved.file);
    EXPECT_EQ(taken->usage.at(0).user, "ü");
    EXPECT_EQ(to_bytes(*taken), to_bytes(moved)) << "of all that was not looked at";
    EXPECT_THAT(read_moved(to_bytes(MovedStore()))->holds, IsEmpty());
}

TEST(HandoverWire, TakesNothingElse) {
    const auto whole = to_bytes(RelayedAsk(full_hold()));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(read_ask(std::string_view(whole).substr(0, size))) << size;
    }
    EXPECT_FALSE(read_ask(whole + "x"));
    EXPECT_FALSE(read_ask("\x07"));
    EXPECT_FALSE(read_answer(std::string(1000, '\xff')));
    EXPECT_FALSE(read_moved(std::string(8, '\xff'))) << "a count asks for no memory";
}

// A thread that runs a loop, as the thread of the signals does in a host.
class Beside {
  public:
    ~Beside() {
        work_.reset();
        loop_.stop();
        thread_.join();
    }
    boost::asio::io_context& loop() { return loop_; }
    template <typename Work>
    void run(Work work) {
        std::promise<void> done;
        boost::asio::post(loop_, [&] {
            work();
            done.set_value();
        });
        done.get_future().wait();
    }

  private:
    boost::asio::io_context loop_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
        loop_.get_executor()};
    std::thread thread_{[this] { loop_.run(); }};
};

std::pair<Descriptor, Descriptor> socket_pair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Counts the settlements that came to a store.
class CountingStore final : public Store {
  public:
    explicit CountingStore(Store& store) : store_(store) {}
    std::unique_ptr<LedgerSession> open(boost::asio::io_context& loop) override {
        return std::make_unique<Session>(store_.open(loop), settled);
    }
    Result<std::vector<StoredCounter>> counters() override { return store_.counters(); }
    Result<void> each_usage(TimeSpan span,
                            const std::function<void(const UsageRow&)>& row) override {
        return store_.each_usage(span, row);
    }
    Result<std::size_t> reset(std::string_view rule) override { return store_.reset(rule); }
    bool flush(std::int64_t limit_ms) override { return store_.flush(limit_ms); }

    std::atomic<std::size_t> settled = 0;

  private:
    class Session final : public LedgerSession {
      public:
        Session(std::unique_ptr<LedgerSession> session, std::atomic<std::size_t>& settled)
            : session_(std::move(session)), settled_(settled) {}
        HoldId next_id() override { return session_->next_id(); }
        std::int64_t now_us() const override { return session_->now_us(); }
        void hold(Hold hold, OnVerdict on_verdict) override {
            session_->hold(std::move(hold), std::move(on_verdict));
        }
        void when_durable(const HoldId& id, OnDurable on_durable) override {
            session_->when_durable(id, std::move(on_durable));
        }
        void settle(Settlement settlement) override {
            session_->settle(std::move(settlement));
            ++settled_;
        }

      private:
        std::unique_ptr<LedgerSession> session_;
        std::atomic<std::size_t>& settled_;
    };

    Store& store_;
};

// The calls of an old host, over a relay to a store of the new one.
class RelayedStore final : public Store {
  public:
    explicit RelayedStore(Store& store) : store_(store) {
        constexpr int k_sessions = 300;  // more than a case opens: the last one never closes
        std::vector<Descriptor> theirs;
        for (int i = 0; i < k_sessions; ++i) {
            auto [own, other] = socket_pair();
            own_sockets_.push_back(std::move(own));
            theirs.push_back(std::move(other));
        }
        beside_.run([&] {
            relay_.emplace(beside_.loop(), store_, std::vector<Hold>(), std::move(theirs));
        });
    }
    ~RelayedStore() override {
        beside_.run([this] { relay_.reset(); });
    }

    std::unique_ptr<LedgerSession> open(boost::asio::io_context& loop) override {
        const Lock lock(mutex_);
        auto socket = std::move(own_sockets_.front());
        own_sockets_.pop_front();
        return std::make_unique<Session>(loop, std::move(socket), *this);
    }
    Result<std::vector<StoredCounter>> counters() override { return arrived().counters(); }
    Result<void> each_usage(TimeSpan span,
                            const std::function<void(const UsageRow&)>& row) override {
        return arrived().each_usage(span, row);
    }
    Result<std::size_t> reset(std::string_view rule) override { return arrived().reset(rule); }
    bool flush(std::int64_t limit_ms) override { return arrived().flush(limit_ms); }

  private:
    class Session final : public LedgerSession {
      public:
        Session(boost::asio::io_context& loop, Descriptor socket, RelayedStore& owner)
            : owner_(owner),
              calls_(loop, std::move(socket)),
              numbers_(owner.source_.open()),
              clock_(owner.store_.open(clock_loop_)) {}
        HoldId next_id() override { return numbers_.next(); }
        std::int64_t now_us() const override { return clock_->now_us(); }
        void hold(Hold hold, OnVerdict on_verdict) override {
            calls_.hold(std::move(hold), std::move(on_verdict));
        }
        void when_durable(const HoldId&, OnDurable on_durable) override { on_durable(true); }
        void settle(Settlement settlement) override {
            ++owner_.sent_;
            calls_.settle(std::move(settlement));
        }

      private:
        RelayedStore& owner_;
        RelayedCalls calls_;
        HoldNumbers numbers_;
        boost::asio::io_context clock_loop_;
        std::unique_ptr<LedgerSession> clock_;
    };

    // The store, once all that was settled has come to it.
    Store& arrived() {
        const auto end = std::chrono::steady_clock::now() + k_limit;
        while (store_.settled < sent_ && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
        return store_;
    }

    CountingStore store_;
    std::atomic<std::size_t> sent_ = 0;
    HoldNumberSource source_;
    Mutex mutex_;
    std::deque<Descriptor> own_sockets_;
    Beside beside_;
    std::optional<Relay> relay_;
};

// One worker of a host: its session, with a thread that runs its loop.
class Calls {
  public:
    explicit Calls(Store& store) {
        worker_.run([&] { session_ = store.open(worker_.loop()); });
    }
    ~Calls() {
        worker_.run([&] { session_.reset(); });
    }
    HoldId id() {
        HoldId id;
        worker_.run([&] { id = session_->next_id(); });
        return id;
    }
    std::future<Verdict> ask(const HoldId& id, std::vector<Claim> claims) {
        auto told = std::make_shared<std::promise<Verdict>>();
        Hold hold{.id = id, .claims = std::move(claims), .estimate = {.request_id = "estimate"}};
        boost::asio::post(worker_.loop(), [this, told, hold = std::move(hold)]() mutable {
            session_->hold(std::move(hold),
                           [told](Verdict verdict) { told->set_value(std::move(verdict)); });
        });
        return told->get_future();
    }
    HoldId held(std::vector<Claim> claims) {
        const auto one = id();
        EXPECT_EQ(ask(one, std::move(claims)).get().answer, HoldAnswer::held);
        return one;
    }
    bool durable(const HoldId& id) {
        std::promise<bool> told;
        boost::asio::post(worker_.loop(), [&] {
            session_->when_durable(id, [&told](bool durable) { told.set_value(durable); });
        });
        return told.get_future().get();
    }
    void settle(const HoldId& id, std::vector<std::int64_t> amounts) {
        worker_.run([&] {
            session_->settle(
                {.id = id, .amounts = std::move(amounts), .usage = {.request_id = "settled"}});
        });
    }

  private:
    Beside worker_;
    std::unique_ptr<LedgerSession> session_;
};

// Whether the store is in a file, or in memory.
class HandoverTest : public SqliteTest, public testing::WithParamInterface<bool> {
  protected:
    Result<std::unique_ptr<LocalStore>> opened(std::optional<MovedStore> moved) {
        if (GetParam()) return open_sqlite(file(), system_time_us, {}, std::move(moved));
        return open_memory(system_time_us, {}, std::move(moved).value_or(MovedStore()));
    }
    // As another process gets it.
    Result<std::unique_ptr<LocalStore>> open_elsewhere(const MovedStore& moved) {
        return opened(read_moved(to_bytes(moved)).value());
    }
    std::unique_ptr<MovableStore> movable() {
        return std::make_unique<MovableStore>(opened({}).value(), [this](MovedStore moved) {
            auto store = opened(std::move(moved));
            ++tries_;
            return store;
        });
    }
    // Waits until the store behind has been tried to be opened so often from now on.
    bool tried_again(int times) const {
        const int wanted = tries_ + times;
        const auto end = std::chrono::steady_clock::now() + k_limit;
        while (tries_ < wanted && std::chrono::steady_clock::now() < end) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return tries_ >= wanted;
    }
    std::atomic<int> tries_ = 0;
    static StoredCounter counter(Store& store, const std::string& rule) {
        const auto all = store.counters().value();
        for (const auto& one : all) {
            if (one.name.rule == rule) return one;
        }
        return {};
    }
    static void expect_soon(Store& store, const std::string& rule, std::int64_t used,
                            std::int64_t held) {
        const auto end = std::chrono::steady_clock::now() + k_limit;
        while (std::chrono::steady_clock::now() < end) {
            const auto now = counter(store, rule);
            if (now.used == used && now.held == held) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        const auto now = counter(store, rule);
        FAIL() << rule << ": used " << now.used << ", held " << now.held;
    }
};

TEST_P(HandoverTest, GoesOverWithWhatIsHeld) {
    const auto old_store = movable();
    Calls calls(*old_store);
    const auto first = calls.held({budget("b", 60, 100), concurrency("c", 1, 1)});
    const auto second = calls.held({budget("b", 10, 100)});
    calls.settle(second, {7});
    auto moved = old_store->leave(k_patience);
    ASSERT_TRUE(moved) << moved.error().message;
    ASSERT_THAT(moved->contents.holds, SizeIs(1));
    EXPECT_THAT(old_store->counters().error().message, HasSubstr("another host has taken over"));

    // Meanwhile the old host's calls wait.
    auto waiting = calls.ask(calls.id(), {budget("b", 1, 100)});
    EXPECT_EQ(waiting.wait_for(std::chrono::milliseconds(20)), std::future_status::timeout);

    auto new_store = open_elsewhere(moved->contents);
    ASSERT_TRUE(new_store) << new_store.error().message;
    EXPECT_EQ(counter(**new_store, "b").held, 60);
    EXPECT_EQ(counter(**new_store, "b").used, 7);
    EXPECT_EQ(counter(**new_store, "c").held, 1);
    Beside beside;
    std::unique_ptr<Relay> relay;
    beside.run([&] {
        relay = std::make_unique<Relay>(beside.loop(), **new_store, moved->contents.holds,
                                        std::move(moved->sockets));
    });
    old_store->follow();
    EXPECT_EQ(waiting.get().answer, HoldAnswer::held);
    EXPECT_EQ(calls.ask(calls.id(), {budget("b", 40, 100)}).get().answer, HoldAnswer::refused);
    EXPECT_EQ(calls.ask(calls.id(), {concurrency("c", 1, 1)}).get().answer, HoldAnswer::refused);
    EXPECT_TRUE(calls.durable(first));
    calls.settle(first, {20, 0});
    expect_soon(**new_store, "b", 27, 1);
    EXPECT_EQ(calls.ask(calls.id(), {concurrency("c", 1, 1)}).get().answer, HoldAnswer::held);
    beside.run([&] { relay.reset(); });
}

// All that decides of the calls to come, and the reports of those that were.
TEST_P(HandoverTest, WhatWasUsedGoesAlong) {
    const auto old_store = movable();
    Calls calls(*old_store);
    const Window month{.start = 100, .end = 4'000'000'000};
    const Window next{.start = 200, .end = 5'000'000'000};
    const auto earlier = calls.held({budget("b", 10, 100, month)});
    calls.settle(calls.held({budget("b", 10, 100, month)}), {9});
    calls.settle(calls.held({budget("b", 60, 100, next), rate("r", 4, 5, 5, 3'600'000'000)}),
                 {7, 4});
    const auto moved = old_store->leave(k_patience);
    ASSERT_TRUE(moved);
    const auto new_store = open_elsewhere(moved->contents).value();

    Calls theirs(*new_store);
    const auto asks = [&theirs](Claim claim) {
        return theirs.ask(theirs.id(), {std::move(claim)}).get().answer;
    };
    EXPECT_EQ(asks(budget("b", 94, 100, next)), HoldAnswer::refused);
    EXPECT_EQ(asks(rate("r", 2, 5, 5, 3'600'000'000)), HoldAnswer::refused);
    EXPECT_EQ(asks(budget("b", 93, 100, next)), HoldAnswer::held);
    EXPECT_EQ(asks(rate("r", 1, 5, 5, 3'600'000'000)), HoldAnswer::held);
    EXPECT_THAT(rows(*new_store), SizeIs(2));
    theirs.settle(earlier, {5});
    EXPECT_EQ(counter(*new_store, "b").used, 7) << "not what a call of the window before has used";
    EXPECT_THAT(rows(*new_store), SizeIs(3));
}

TEST_P(HandoverTest, ComesBack) {
    const auto store = movable();
    Calls calls(*store);
    const auto first = calls.held({budget("b", 60, 100)});
    ASSERT_TRUE(store->leave(k_patience));
    auto waiting = calls.ask(calls.id(), {budget("b", 41, 100)});
    calls.settle(first, {5});
    const auto back = store->take_back();
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(waiting.get().answer, HoldAnswer::refused) << "it was asked before the settlement";
    expect_soon(*store, "b", 5, 0);
    EXPECT_TRUE(calls.durable(calls.held({budget("b", 95, 100)})));
}

// ---- a file that is away ----

class HandoverFileTest : public HandoverTest {
  protected:
    std::string away() const { return file() + ".away"; }
    void take_away() { std::filesystem::rename(file(), away()); }
    void put_back() { std::filesystem::rename(away(), file()); }
    void put_another() { std::ofstream(file()) << "another"; }
    bool is_there() const { return std::filesystem::exists(file()); }
    static std::string refusal(MovableStore& store) {
        const auto left = store.leave(k_patience);
        return left ? "it was let go of" : left.error().message;
    }
    static HoldAnswer answer(Calls& calls, std::int64_t amount) {
        return calls.ask(calls.id(), {budget("b", amount, 100)}).get().answer;
    }
    static bool soon_held(Calls& calls, std::int64_t amount) {
        const auto end = std::chrono::steady_clock::now() + k_limit;
        while (answer(calls, amount) != HoldAnswer::held) {
            if (std::chrono::steady_clock::now() >= end) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return true;
    }
};

TEST_P(HandoverFileTest, IsNotLetGoOfWhereItCouldNotBeOpenedAgain) {
    const auto store = movable();
    Calls calls(*store);
    calls.held({budget("b", 60, 100)});
    take_away();
    EXPECT_THAT(refusal(*store), HasSubstr(file() + " was moved or removed"));
    EXPECT_FALSE(is_there());
    put_another();
    EXPECT_THAT(refusal(*store), HasSubstr("is another file now"));
    put_back();
    EXPECT_TRUE(soon_held(calls, 40)) << "it has been open all the time";
    EXPECT_EQ(counter(*store, "b").held, 100);
    ASSERT_TRUE(store->flush(k_limit.count()));
    std::filesystem::resize_file(file(), 0);
    EXPECT_THAT(refusal(*store), HasSubstr("was emptied"));
}

TEST_P(HandoverFileTest, IsNotMadeAnewByTheProcessThatTakesItOver) {
    const auto store = movable();
    Calls calls(*store);
    calls.held({budget("b", 60, 100)});
    const auto moved = store->leave(k_patience);
    ASSERT_TRUE(moved);
    take_away();
    auto other = open_elsewhere(moved->contents);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message, HasSubstr("put the same file back"));
    EXPECT_FALSE(is_there());
    for (const char* text : {"", "another"}) {
        std::ofstream(file()) << text;
        other = open_elsewhere(moved->contents);
        ASSERT_FALSE(other);
        EXPECT_THAT(other.error().message, HasSubstr("put the first one back"));
    }
    put_back();
    EXPECT_TRUE(store->take_back());
}

// What was settled meanwhile counts, and what was held is still held.
TEST_P(HandoverFileTest, IsOpenAgainWhenItIsBack) {
    const auto store = movable();
    Calls calls(*store);
    const auto first = calls.held({budget("b", 50, 100)});
    const auto second = calls.held({budget("b", 30, 100)});
    ASSERT_TRUE(store->leave(k_patience));
    auto waiting = calls.ask(calls.id(), {budget("b", 1, 100)});
    take_away();
    const auto back = store->take_back();
    ASSERT_FALSE(back);
    store->come_back_later(back.error().message);
    EXPECT_EQ(waiting.get().answer, HoldAnswer::unavailable);
    EXPECT_EQ(answer(calls, 1), HoldAnswer::unavailable);
    EXPECT_TRUE(calls.durable(first)) << "it was written before";
    EXPECT_FALSE(store->health().available);
    EXPECT_FALSE(store->flush(0));
    EXPECT_THAT(store->counters().error().message, HasSubstr("put the same file back"));
    EXPECT_FALSE(store->leave(k_patience));
    calls.settle(first, {5});
    put_another();
    ASSERT_TRUE(tried_again(2));
    EXPECT_FALSE(store->health().available) << "another file is not the ledger";
    put_back();
    ASSERT_TRUE(soon_held(calls, 65));
    EXPECT_TRUE(store->health().available);
    expect_soon(*store, "b", 5, 95);
    EXPECT_TRUE(calls.durable(second));
    EXPECT_THAT(rows(*store), SizeIs(1));
    ASSERT_TRUE(store->leave(k_patience)) << "the next upgrade";
    ASSERT_TRUE(store->take_back());
}

TEST_P(HandoverFileTest, IsWaitedForNoLongerThanTheHostLives) {
    const auto store = movable();
    ASSERT_TRUE(store->leave(k_patience));
    take_away();
    store->come_back_later(store->take_back().error().message);
}

INSTANTIATE_TEST_SUITE_P(Sqlite, HandoverFileTest, testing::Values(true));

// What the new process gave its own calls before it died is settled, where a file has it, and what
// the old one's calls hold stays held.
TEST_P(HandoverTest, ComesBackFromAProcessThatDied) {
    const auto store = movable();
    Calls calls(*store);
    const auto ours = calls.held({budget("b", 60, 100)});
    const auto moved = store->leave(k_patience);
    ASSERT_TRUE(moved);
    {
        auto other = open_elsewhere(moved->contents);
        ASSERT_TRUE(other);
        Calls theirs(**other);
        EXPECT_TRUE(theirs.durable(theirs.held({budget("b", 30, 100)})));
    }
    ASSERT_TRUE(store->take_back());
    const int theirs = GetParam() ? 30 : 0;
    EXPECT_EQ(counter(*store, "b").used, theirs);
    EXPECT_EQ(counter(*store, "b").held, 60);
    calls.settle(ours, {10});
    expect_soon(*store, "b", theirs + 10, 0);
}

TEST_P(HandoverTest, ALostHostIsSettledAtWhatItHeld) {
    const auto old_store = movable();
    auto calls = std::make_unique<Calls>(*old_store);
    calls->held({budget("b", 60, 100)});
    auto moved = old_store->leave(k_patience);
    ASSERT_TRUE(moved);
    auto new_store = open_elsewhere(moved->contents).value();
    Beside beside;
    std::unique_ptr<Relay> relay;
    beside.run([&] {
        relay = std::make_unique<Relay>(beside.loop(), *new_store, moved->contents.holds,
                                        std::move(moved->sockets));
    });
    old_store->follow();
    calls->held({budget("b", 15, 100)});
    calls.reset();
    expect_soon(*new_store, "b", 75, 0);
    const auto all = rows(*new_store);
    ASSERT_THAT(all, SizeIs(2));
    EXPECT_EQ(all[0].error, "host_lost");
    EXPECT_EQ(all[0].request_id, "estimate");
    beside.run([&] { relay.reset(); });
}

TEST_P(HandoverTest, ANewHostThatGoesLeavesCallsWithoutLedger) {
    const auto old_store = movable();
    Calls calls(*old_store);
    const auto first = calls.held({budget("b", 60, 100)});
    auto moved = old_store->leave(k_patience);
    ASSERT_TRUE(moved);
    old_store->follow();
    auto waiting = calls.ask(calls.id(), {budget("b", 1, 100)});
    moved->sockets.clear();
    const auto verdict = waiting.get();
    EXPECT_EQ(verdict.answer, HoldAnswer::unavailable);
    EXPECT_THAT(verdict.reason, HasSubstr("has gone"));
    calls.settle(first, {1});
    EXPECT_EQ(calls.ask(calls.id(), {budget("b", 1, 100)}).get().answer, HoldAnswer::unavailable);
}

TEST_P(HandoverTest, AWorkerThatHangsKeepsTheStoreHere) {
    const auto store = movable();
    Calls calls(*store);
    boost::asio::io_context nobody_runs;
    auto hanging = store->open(nobody_runs);
    const auto left = store->leave({.limit = std::chrono::milliseconds(20)});
    ASSERT_FALSE(left);
    EXPECT_THAT(left.error().message, HasSubstr("did not answer"));
    EXPECT_EQ(calls.ask(calls.id(), {budget("b", 1, 100)}).get().answer, HoldAnswer::held);
    nobody_runs.run();  // too late: nothing of it is taken
    EXPECT_EQ(counter(*store, "b").held, 1);
}

// Many calls on several threads while the store goes and comes back all the time.
TEST_P(HandoverTest, NothingIsLostOnTheWay) {
    constexpr int k_workers = 4;
    constexpr int k_calls = 300;
    constexpr std::int64_t k_enough = 1'000'000'000;
    const auto store = movable();
    std::atomic<std::int64_t> settled = 0;
    std::atomic<int> working = k_workers;
    std::deque<Calls> sessions;
    for (int worker = 0; worker < k_workers; ++worker) sessions.emplace_back(*store);
    std::vector<std::thread> workers;
    for (int worker = 0; worker < k_workers; ++worker) {
        workers.emplace_back([&, worker] {
            std::mt19937 random(worker);
            Calls& calls = sessions[worker];
            std::vector<HoldId> open;
            for (int i = 0; i < k_calls; ++i) {
                open.push_back(calls.held({budget("b", 9, k_enough)}));
                if (random() % 4 == 0) {
                    EXPECT_TRUE(calls.durable(open.back()));
                }
                while (open.size() > random() % 8) {
                    const std::int64_t used = random() % 12;
                    settled += used;
                    calls.settle(open.back(), {used});
                    open.pop_back();
                }
            }
            for (const auto& id : open) calls.settle(id, {0});
            --working;
        });
    }
    int moves = 0;
    for (; working > 0; ++moves) {
        ASSERT_TRUE(store->leave(k_patience));
        const auto back = store->take_back();
        ASSERT_TRUE(back) << back.error().message;
    }
    for (auto& worker : workers) worker.join();
    EXPECT_GT(moves, 3);
    expect_soon(*store, "b", settled, 0);
    EXPECT_THAT(rows(*store), SizeIs(k_workers * k_calls));
}

INSTANTIATE_TEST_SUITE_P(Of, HandoverTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "sqlite" : "memory"; });

class SqliteHandoverTest : public SqliteTest {};

// Else the other process could not take it back.
TEST_F(SqliteHandoverTest, AFileWithOtherTablesIsLeftAsItIs) {
    open_sqlite(file()).value().reset();
    run_sql("PRAGMA user_version = 1");
    const auto moved = open_sqlite(file(), system_time_us, {}, MovedStore());
    ASSERT_FALSE(moved);
    EXPECT_THAT(moved.error().message, HasSubstr("could not give it back"));
    EXPECT_EQ(number("PRAGMA user_version"), 1);
}

class RelayedUnderTest final : public StoreUnderTest {
  public:
    Store& store() override { return relayed_; }
    void advance(std::chrono::microseconds time) override { clock_.advance(time); }

  private:
    Folder folder_;
    ClockUnderTest clock_;
    std::unique_ptr<Store> store_ = open_sqlite(folder_.file(), clock_.clock()).value();
    RelayedStore relayed_{*store_};
};

INSTANTIATE_TEST_SUITE_P(Relayed, StoreSuite,
                         testing::Values(StoreKind{
                             "relayed", [] { return std::make_unique<RelayedUnderTest>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace bellwether::ledger
