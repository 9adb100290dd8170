// Connections: kept, reused, given up when stale, many at a time, and gone with the Client.
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>

#include "harness.hpp"

namespace bellwether::net::test {

class ConnectionTest : public NetTest {
  protected:
    // Answers every request on a connection with the connection's number.
    static void answer_all(Peer& peer) {
        while (!peer.read_request().empty()) peer.send(reply(std::to_string(peer.index())));
    }
    std::string fetch(const std::string& url) {
        Recorder seen;
        const Exchange exchange = post(url, "{}", seen);
        EXPECT_TRUE(run_to_end(seen));
        EXPECT_FALSE(seen.failure) << seen.failure->message;
        return seen.body;
    }
};

TEST_F(ConnectionTest, IsReused) {
    ScriptedServer server(answer_all);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(fetch(server.url()), "0");
    EXPECT_EQ(server.connections(), 1);
    client.reset();
}

TEST_F(ConnectionTest, IsReusedFromInsideOnEnd) {
    ScriptedServer server(answer_all);
    Recorder second;
    Exchange next;
    Recorder first;
    first.at_end = [&] { next = post(server.url(), "{}", second); };
    const Exchange exchange = post(server.url(), "{}", first);
    ASSERT_TRUE(run_to_end(second));
    EXPECT_EQ(server.connections(), 1);
    next.reset();
    client.reset();
}

TEST_F(ConnectionTest, IsNotReusedAfterADrop) {
    ScriptedServer server([](Peer& peer) {
        if (peer.index() == 0) {
            peer.read_request();
            peer.wait_closed();
        } else {
            answer_all(peer);
        }
    });
    Recorder dropped;
    Exchange exchange = post(server.url(), "{}", dropped);
    ASSERT_TRUE(run_until([&] { return server.connections() == 1; }));
    exchange.reset();
    EXPECT_EQ(fetch(server.url()), "1");
    client.reset();
}

// libcurl closes a socket that is still connecting without telling. Whoever gets its number next
// (here a file, and the next connection) must not lose it to the Client's own cleaning up.
TEST_F(ConnectionTest, DroppedWhileConnectingClosesNobodyElsesDescriptor) {
    const SilentPort silent;
    ScriptedServer server(answer_all);
    for (int i = 0; i < 3; ++i) {
        Recorder seen;
        Exchange exchange = post(silent.url(), "{}", seen);
        run_for(10ms);
        exchange.reset();
        EXPECT_EQ(seen.calls, 0);
    }
    std::vector<int> files;
    for (int i = 0; i < 4; ++i) files.push_back(::dup(STDIN_FILENO));
    EXPECT_EQ(fetch(server.url()), "0");
    client.reset();
    run_for(10ms);
    for (const int file : files) EXPECT_EQ(::close(file), 0);
}

// The same for a socket of the loop that gets the number: it stays watched.
TEST_F(ConnectionTest, DroppedWhileConnectingBlindsNobodyElse) {
    using boost::asio::local::stream_protocol;
    const SilentPort silent;
    ScriptedServer server(answer_all);
    Recorder dropped;
    Exchange exchange = post(silent.url(), "{}", dropped);
    run_for(10ms);
    exchange.reset();
    stream_protocol::socket near(loop);
    stream_protocol::socket far(loop);
    boost::asio::local::connect_pair(near, far);
    char received = 0;
    near.async_read_some(boost::asio::buffer(&received, 1), [](auto, auto) {});
    for (int i = 0; i < 3; ++i) fetch(server.url());
    client.reset();
    run_for(5ms);
    boost::asio::write(far, boost::asio::buffer("x", 1));
    EXPECT_TRUE(run_until([&] { return received == 'x'; }));
}

// What the process may open decides how many streams it can serve.
TEST_F(ConnectionTest, TakesOneDescriptorForEach) {
    constexpr std::size_t k_count = 50;
    constexpr std::size_t k_beside = 8;  // of the engine
    std::promise<void> answer;
    ScriptedServer server([told = answer.get_future().share()](Peer& peer) {
        peer.read_request();
        told.wait();
        peer.send(reply("late"));
    });
    const auto open_files = [] {
        const std::filesystem::directory_iterator files("/proc/self/fd");
        return static_cast<std::size_t>(std::distance(begin(files), end(files)));
    };
    const std::size_t before = open_files();
    std::vector<Recorder> seen(k_count);
    std::vector<Exchange> exchanges;
    for (Recorder& recorder : seen) exchanges.push_back(post(server.url(), "{}", recorder));
    EXPECT_TRUE(run_until([&] { return server.connections() == k_count; }));
    run_for(10ms);
    EXPECT_LE(open_files(), before + 2 * k_count + k_beside);  // the server has one, too
    answer.set_value();
    for (const Recorder& recorder : seen) EXPECT_TRUE(run_to_end(recorder));
    exchanges.clear();
    client.reset();
}

TEST_F(ConnectionTest, WorksOnAfterManyDropsWhileConnecting) {
    const SilentPort silent;
    ScriptedServer server(answer_all);
    for (int i = 0; i < 20; ++i) {
        Recorder seen;
        Exchange exchange = post(silent.url(), "{}", seen);
        run_for(2ms);
        exchange.reset();
        fetch(server.url());
    }
    EXPECT_EQ(server.connections(), 1);
    client.reset();
}

// The upstream closed the idle connection and the loop had the time to see it.
TEST_F(ConnectionTest, StaleIdleConnectionIsReplaced) {
    std::atomic<bool> closed = false;
    ScriptedServer server([&](Peer& peer) {
        if (peer.index() > 0) return answer_all(peer);
        peer.read_request();
        peer.send(reply("0"));
        peer.close();
        closed = true;
    });
    EXPECT_EQ(fetch(server.url()), "0");
    ASSERT_TRUE(run_until([&] { return closed.load(); }));
    EXPECT_EQ(fetch(server.url()), "1");
    client.reset();
}

// The upstream closes on receiving the second request, before any byte of a response: the request
// goes out again on a fresh connection, its body included, and nobody above notices.
TEST_F(ConnectionTest, ClosedUnderTheSecondRequestIsRetried) {
    for (const std::size_t size : {2u, 100'000u}) {
        ScriptedServer server([](Peer& peer) {
            peer.read_request();
            if (peer.index() == 0) {
                peer.send(reply("first"));
                peer.read_request();
                return;
            }
            peer.send(reply("again"));
            peer.wait_closed();
        });
        EXPECT_EQ(fetch(server.url()), "first");
        const std::string body = pattern(size);
        Recorder seen;
        const Exchange exchange = post(server.url(), body, seen);
        ASSERT_TRUE(run_to_end(seen));
        EXPECT_FALSE(seen.failure) << seen.failure->message;
        EXPECT_EQ(seen.body, "again");
        EXPECT_EQ(server.connections(), 2);
        client.emplace(loop);
    }
}

// By then the upstream may have worked on the request, and a second one would be paid for, too.
TEST_F(ConnectionTest, ClosedAfterAWhileIsNotRetried) {
    std::atomic<int> requests = 0;
    ScriptedServer server([&](Peer& peer) {
        for (const auto wait : {0ms, 1'100ms}) {
            if (peer.read_request().empty()) return;
            ++requests;
            std::this_thread::sleep_for(wait);
            if (wait == 0ms) peer.send(reply("first"));
        }
    });
    EXPECT_EQ(fetch(server.url()), "first");
    Recorder seen;
    const Exchange exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    ASSERT_TRUE(seen.failure);
    EXPECT_EQ(seen.failure->kind, FailureKind::cut);
    EXPECT_TRUE(seen.failure->message.ends_with("without a response")) << seen.failure->message;
    EXPECT_EQ(requests, 2);
    client.reset();
}

TEST_F(ConnectionTest, TwoHundredAtATime) {
    ScriptedServer server(answer_all);
    std::vector<Recorder> seen(200);
    std::vector<Exchange> exchanges;
    std::size_t ended = 0;
    for (int round = 0; round < 3; ++round) {
        exchanges.clear();
        ended = 0;
        for (Recorder& recorder : seen) {
            recorder = Recorder();
            recorder.at_end = [&] { ++ended; };
            exchanges.push_back(post(server.url(), "{}", recorder));
        }
        ASSERT_TRUE(run_until([&] { return ended == seen.size(); }));
        for (const Recorder& recorder : seen) {
            EXPECT_FALSE(recorder.failure) << recorder.failure->message;
            EXPECT_EQ(recorder.status, 200);
        }
    }
    EXPECT_LE(server.connections(), 200);
    exchanges.clear();
    client.reset();
}

TEST_F(ConnectionTest, NamesAreResolved) {
    ScriptedServer server(answer_all);
    EXPECT_EQ(fetch("http://localhost:" + std::to_string(server.port()) + "/"), "0");
    client.reset();
}

TEST_F(ConnectionTest, ProxyOfTheEnvironmentIsIgnored) {
    ScriptedServer proxy([](Peer&) {});
    ScriptedServer server(answer_all);
    ::setenv("http_proxy", proxy.url("").c_str(), 1);
    EXPECT_EQ(fetch(server.url()), "0");
    ::unsetenv("http_proxy");
    EXPECT_EQ(proxy.connections(), 0);
    client.reset();
}

TEST_F(ConnectionTest, ClosedByTheClientsEnd) {
    std::atomic<bool> closed = false;
    ScriptedServer server([&](Peer& peer) {
        answer_all(peer);
        closed = true;
    });
    EXPECT_EQ(fetch(server.url()), "0");
    client.reset();
    ASSERT_TRUE(run_until([&] { return closed.load(); }));  // the loop runs on without it
}

TEST_F(ConnectionTest, LoopEndsWithoutRunningAgain) {
    ScriptedServer server(answer_all);
    boost::asio::io_context other;
    Client short_lived(other);
    Recorder seen;
    Request request;
    request.url = server.url();
    {
        const Exchange exchange = short_lived.start(request, seen);
        const auto deadline = Clock::now() + k_patience;
        while (!seen.ended && Clock::now() < deadline) other.run_one_for(5ms);
    }
    EXPECT_TRUE(seen.ended);
    const Exchange never_run = short_lived.start(request, seen);
}

TEST_F(ConnectionTest, TwoClientsOnTwoThreads) {
    ScriptedServer server(answer_all);
    const auto work_alone = [&] {
        boost::asio::io_context own(1);
        Client alone(own);
        for (int i = 0; i < 50; ++i) {
            Recorder seen;
            Request request;
            request.url = server.url();
            const Exchange exchange = alone.start(request, seen);
            const auto deadline = Clock::now() + k_patience;
            while (!seen.ended && Clock::now() < deadline) {
                own.run_one_for(5ms);
                own.restart();
            }
            EXPECT_EQ(seen.status, 200);
        }
    };
    std::thread other(work_alone);
    work_alone();
    other.join();
    EXPECT_EQ(server.connections(), 2);
}

}  // namespace bellwether::net::test
