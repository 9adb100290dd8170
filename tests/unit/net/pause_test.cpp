// Back-pressure: a paused exchange reads nothing more, and loses nothing.
#include "harness.hpp"

namespace bellwether::net::test {

class PauseTest : public NetTest {
  protected:
    Recorder seen;
    Exchange exchange;
};

TEST_F(PauseTest, StopsTheUpstreamAndThenDeliversEveryByte) {
    constexpr std::size_t k_size = 64u << 20;
    const std::string body = pattern(k_size);
    std::atomic<std::size_t> accepted = 0;
    std::atomic<bool> blocked = false;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(k_size) + "\r\n\r\n");
        accepted = peer.send_until_blocked(body, 300ms);
        blocked = true;
        peer.send(std::string_view(body).substr(accepted));
    });
    seen.at_data = [&] {
        if (seen.pieces == 1) exchange.pause();
    };
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return blocked.load(); }));
    EXPECT_EQ(seen.pieces, 1);
    EXPECT_LT(accepted.load(), 16u << 20);  // the kernel's buffers, no more
    exchange.resume();
    EXPECT_EQ(seen.pieces, 1);  // not from inside resume
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_FALSE(seen.failure);
    EXPECT_TRUE(seen.body == body);
}

TEST_F(PauseTest, PausedAtEveryPiece) {
    const std::string body = pattern(1u << 20);
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send(k_chunked_head);
        std::string_view rest = body;
        for (std::size_t size = 1; !rest.empty(); size = size * 7 % 20'011 + 1) {
            peer.send(chunk(rest.substr(0, size)));
            rest.remove_prefix(std::min(size, rest.size()));
        }
        peer.send("0\r\n\r\n");
    });
    int pauses = 0;
    seen.at_data = [&] {
        exchange.pause();
        ++pauses;
    };
    exchange = post(server.url(), "{}", seen);
    const auto deadline = Clock::now() + k_patience;
    while (!seen.ended && Clock::now() < deadline) {
        const int before = seen.pieces;
        loop.run_one_for(1ms);
        EXPECT_LE(seen.pieces, before + 1);
        exchange.resume();
        EXPECT_LE(seen.pieces, before + 1);
    }
    ASSERT_TRUE(seen.ended);
    EXPECT_TRUE(seen.body == body);
    EXPECT_GT(pauses, 50);
}

TEST_F(PauseTest, PauseAndResumeInsideOnDataChangesNothing) {
    const std::string body = pattern(1u << 20);
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send(reply(body));
    });
    seen.at_data = [&] {
        exchange.pause();
        exchange.resume();
    };
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_TRUE(seen.body == body);
}

TEST_F(PauseTest, BeforeTheStartHoldsTheHead) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(reply("body", "X-A: 1\r\n"));
        peer.wait_closed();
    });
    exchange = post(server.url(), "{}", seen);
    exchange.pause();
    run_for(100ms);
    EXPECT_EQ(seen.calls, 0);
    exchange.resume();
    EXPECT_EQ(seen.calls, 0);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_EQ(seen.header("x-a"), "1");
    EXPECT_EQ(seen.body, "body");
    client.reset();
}

TEST_F(PauseTest, InsideOnHeadHoldsTheBody) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(reply("body"));
    });
    seen.at_head = [&] { exchange.pause(); };
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.status == 200; }));
    run_for(50ms);
    EXPECT_EQ(seen.calls, 1);
    exchange.resume();
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_EQ(seen.body, "body");
}

// All data is there when the pause begins: only the end is left, and it waits too.
TEST_F(PauseTest, HoldsTheEnd) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(reply("body"));
    });
    seen.at_data = [&] { exchange.pause(); };
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.body == "body"; }));
    run_for(50ms);
    EXPECT_FALSE(seen.ended);
    exchange.resume();
    EXPECT_FALSE(seen.ended);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_FALSE(seen.failure);
}

TEST_F(PauseTest, HoldsAFailure) {
    std::string url;
    {
        ScriptedServer gone([](Peer&) {});
        url = gone.url();
    }
    exchange = post(url, "{}", seen);
    exchange.pause();
    run_for(50ms);
    EXPECT_FALSE(seen.ended);
    exchange.resume();
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_EQ(seen.failure->kind, FailureKind::connect);
}

TEST_F(PauseTest, PausedAgainBeforeTheResumeTookEffect) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(std::string(k_chunked_head) + chunk("a") + chunk("b") + "0\r\n\r\n");
    });
    seen.at_data = [&] { exchange.pause(); };
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.pieces == 1; }));
    exchange.resume();
    exchange.pause();
    run_for(50ms);
    EXPECT_EQ(seen.pieces, 1);
    seen.at_data = nullptr;
    exchange.resume();
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_EQ(seen.body, "ab");
}

// A stream that is silent when it is resumed must still wake up for the next piece.
TEST_F(PauseTest, ResumedInSilence) {
    std::promise<void> go;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send(std::string(k_chunked_head) + chunk("a"));
        go.get_future().wait();
        peer.send(chunk("b") + "0\r\n\r\n");
    });
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.body == "a"; }));
    exchange.pause();
    run_for(20ms);
    exchange.resume();
    run_for(20ms);
    go.set_value();
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_EQ(seen.body, "ab");
}

TEST_F(PauseTest, OnePausedExchangeDoesNotHoldUpAnother) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(reply(pattern(100'000)));
        peer.wait_closed();
    });
    seen.at_data = [&] { exchange.pause(); };
    exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_until([&] { return seen.pieces == 1; }));
    Recorder other;
    const Exchange second = post(server.url(), "{}", other);
    ASSERT_TRUE(run_to_end(other));
    EXPECT_EQ(seen.pieces, 1);
    exchange.reset();
    client.reset();
}

}  // namespace bellwether::net::test
