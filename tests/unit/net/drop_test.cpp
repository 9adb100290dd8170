// Dropping an exchange: at any moment, from inside any callback. Nothing more is heard of it, and
// the upstream hears of it at once.
#include "harness.hpp"

namespace bellwether::net::test {

// Waits for the client to hang up and notes when.
class Upstream {
  public:
    explicit Upstream(std::string text) : text_(std::move(text)) {}

    ScriptedServer::Script script() {
        return [this](Peer& peer) {
            peer.read_request();
            peer.send(text_);
            asked = true;
            if (peer.wait_closed()) closed_at = Clock::now();
            closed = true;
        };
    }

    std::atomic<bool> asked = false;
    std::atomic<bool> closed = false;
    std::atomic<Clock::time_point> closed_at{};

  private:
    std::string text_;
};

class DropTest : public NetTest {
  protected:
    void expect_hang_up(Upstream& upstream, Clock::time_point dropped_at) {
        ASSERT_TRUE(run_until([&] { return upstream.closed.load(); }));
        EXPECT_LT(upstream.closed_at.load() - dropped_at, 100ms);
        EXPECT_GT(upstream.closed_at.load(), dropped_at);
    }
    // Drops `exchange` from inside a callback.
    std::function<void()> dropper() {
        return [this] {
            dropped_at = Clock::now();
            exchange.reset();
        };
    }

    Recorder seen;
    Exchange exchange;
    Clock::time_point dropped_at;
};

TEST_F(DropTest, BeforeTheLoopEverRan) {
    ScriptedServer server([](Peer& peer) { peer.wait_closed(); });
    exchange = post(server.url(), "{}", seen);
    exchange.reset();
    EXPECT_FALSE(exchange);
    run_for(20ms);
    EXPECT_EQ(seen.calls, 0);
    EXPECT_EQ(server.connections(), 0);
}

TEST_F(DropTest, BeforeTheHead) {
    Upstream upstream("");
    ScriptedServer server(upstream.script());
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return upstream.asked.load(); }));
    dropper()();
    expect_hang_up(upstream, dropped_at);
    EXPECT_EQ(seen.calls, 0);
}

TEST_F(DropTest, BetweenPieces) {
    Upstream upstream(std::string(k_chunked_head) + chunk("a"));
    ScriptedServer server(upstream.script());
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.body == "a"; }));
    dropper()();
    const int calls = seen.calls;
    expect_hang_up(upstream, dropped_at);
    EXPECT_EQ(seen.calls, calls);
}

TEST_F(DropTest, InsideOnHead) {
    Upstream upstream(std::string(k_chunked_head) + chunk("a"));
    ScriptedServer server(upstream.script());
    seen.at_head = dropper();
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.status != 0; }));
    expect_hang_up(upstream, dropped_at);
    EXPECT_EQ(seen.calls, 1);
}

TEST_F(DropTest, InsideOnData) {
    Upstream upstream(std::string(k_chunked_head) + chunk("a") + chunk("b"));
    ScriptedServer server(upstream.script());
    seen.at_data = dropper();
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.pieces != 0; }));
    expect_hang_up(upstream, dropped_at);
    EXPECT_EQ(seen.calls, 2);
    EXPECT_EQ(seen.body, "a");
}

TEST_F(DropTest, InsideOnEnd) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(reply("x"));
        peer.wait_closed();
    });
    seen.at_end = dropper();
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_FALSE(exchange);
    EXPECT_EQ(seen.calls, 3);
    client.reset();
}

TEST_F(DropTest, InsideOnEndOfAFailure) {
    ScriptedServer server([](Peer& peer) { peer.read_request(); });
    seen.at_end = dropper();
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_EQ(seen.calls, 1);
}

TEST_F(DropTest, WhilePausedWithDataHeld) {
    Upstream upstream(std::string(k_chunked_head) + chunk("a") + chunk("b"));
    ScriptedServer server(upstream.script());
    seen.at_data = [&] { exchange.pause(); };
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.pieces == 1; }));
    dropper()();
    expect_hang_up(upstream, dropped_at);
    EXPECT_EQ(seen.body, "a");
}

TEST_F(DropTest, AfterResumeBeforeItTakesEffect) {
    Upstream upstream(std::string(k_chunked_head) + chunk("a") + chunk("b"));
    ScriptedServer server(upstream.script());
    seen.at_data = [&] { exchange.pause(); };
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.pieces == 1; }));
    exchange.resume();
    dropper()();
    expect_hang_up(upstream, dropped_at);
    EXPECT_EQ(seen.pieces, 1);
}

// Data kept back by a pause is delivered from inside libcurl: dropping there is a case of its own.
TEST_F(DropTest, InsideOnDataOfHeldData) {
    Upstream upstream(std::string(k_chunked_head) + chunk("a") + chunk("b") + chunk("c"));
    ScriptedServer server(upstream.script());
    seen.at_data = [&] {
        exchange.pause();
        if (seen.pieces == 2) dropper()();
    };
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.pieces == 1; }));
    exchange.resume();
    ASSERT_TRUE(run_until([&] { return seen.pieces == 2; }));
    expect_hang_up(upstream, dropped_at);
    EXPECT_EQ(seen.pieces, 2);
}

TEST_F(DropTest, AnotherExchangeFromInsideACallback) {
    Upstream slow("");
    ScriptedServer slow_server(slow.script());
    ScriptedServer fast_server([](Peer& peer) {
        peer.read_request();
        peer.send(reply("fast"));
    });
    Recorder loser;
    auto body = std::make_unique<std::string>(pattern(100));
    Exchange losing = post(slow_server.url(), *body, loser);
    ASSERT_TRUE(run_until([&] { return slow.asked.load(); }));
    seen.at_head = [&] {
        dropped_at = Clock::now();
        losing.reset();
        body.reset();
    };
    exchange = post(fast_server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    expect_hang_up(slow, dropped_at);
    EXPECT_EQ(loser.calls, 0);
    EXPECT_EQ(seen.body, "fast");
}

// The large body is being sent when its exchange is dropped in another one's callback and the body
// freed: nothing may read it afterwards (the address sanitizer watches).
TEST_F(DropTest, AnotherExchangeThatIsStillSending) {
    std::promise<void> go;
    ScriptedServer deaf([&](Peer& peer) {
        go.get_future().wait();
        peer.wait_closed();
    });
    ScriptedServer fast([](Peer& peer) {
        peer.read_request();
        peer.send(reply("fast"));
    });
    Recorder loser;
    auto body = std::make_unique<std::string>(pattern(20u << 20));
    Exchange losing = post(deaf.url(), *body, loser);
    ASSERT_TRUE(run_until([&] { return deaf.connections() == 1; }));
    seen.at_head = [&] {
        losing.reset();
        body.reset();
    };
    exchange = post(fast.url(), "{}", seen);
    EXPECT_TRUE(run_to_end(seen));
    go.set_value();
    run_for(20ms);
    EXPECT_EQ(loser.calls, 0);
}

// Exchanges that begin in the same round as the one that drops them.
TEST_F(DropTest, ManyOthersJustStarted) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(reply("x"));
        peer.wait_closed();
    });
    std::vector<Recorder> others(20);
    std::vector<Exchange> exchanges;
    seen.at_head = [&] { exchanges.clear(); };
    exchange = post(server.url(), "{}", seen);
    seen.at_data = [&] { EXPECT_TRUE(exchanges.empty()); };
    for (Recorder& other : others) {
        other.at_head = [] { FAIL() << "not dropped"; };
        exchanges.push_back(get("http://127.0.0.1:" + std::to_string(server.port()), other));
    }
    for (Recorder& other : others) other.at_head = nullptr;
    ASSERT_TRUE(run_to_end(seen));
    const auto total = [&] {
        int calls = 0;
        for (const Recorder& other : others) calls += other.calls;
        return calls;
    };
    const int before = total();
    run_for(20ms);
    EXPECT_EQ(total(), before);
    exchange.reset();
    client.reset();
}

TEST_F(DropTest, WhileTheNameIsLookedUp) {
    exchange = get("http://no-such-host.invalid/", seen);
    loop.run_one_for(5ms);
    const auto start = Clock::now();
    exchange.reset();
    EXPECT_LT(Clock::now() - start, 100ms);
    const int before = seen.calls;  // none, unless the lookup failed at once
    run_for(20ms);
    EXPECT_EQ(seen.calls, before);
}

TEST_F(DropTest, AssigningDropsWhatWasThere) {
    Upstream upstream("");
    ScriptedServer server(upstream.script());
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return upstream.asked.load(); }));
    dropped_at = Clock::now();
    exchange = Exchange();
    expect_hang_up(upstream, dropped_at);
}

}  // namespace bellwether::net::test
