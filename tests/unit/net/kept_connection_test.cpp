// What a kept connection must not do: give one request's answer to another, lose a request because
// it had ended, or be used after more came over it than an answer.
#include <gtest/gtest.h>
#include <sched.h>

#include "harness.hpp"

namespace bellwether::net::test {

class KeptConnectionTest : public NetTest {
  protected:
    struct Seen {
        std::string body;
        std::string failure;
    };

    Seen fetch(const std::string& url, std::string_view request = "{}") {
        Recorder seen;
        const Exchange exchange = post(url, request, seen);
        EXPECT_TRUE(run_to_end(seen));
        return {seen.body, seen.failure ? seen.failure->message : ""};
    }

    // Answers each request with its own body and `surplus`.
    static void answer_with_surplus(Peer& peer, const std::string& surplus) {
        while (true) {
            const std::string request = peer.read_request();
            if (request.empty()) return;
            peer.send(reply(request.substr(request.find("\r\n\r\n") + 4)) + surplus);
        }
    }
};

TEST_F(KeptConnectionTest, BytesBesideTheAnswerAreNoAnswerToTheNextRequest) {
    const std::string large(40'000, 'y');
    for (const std::string& surplus :
         {reply("of somebody else"), std::string("\n"), reply(large),
          std::string("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")}) {
        ScriptedServer server([&](Peer& peer) { answer_with_surplus(peer, surplus); });
        for (const char* request : {"first", "second", "third"}) {
            const Seen seen = fetch(server.url(), request);
            EXPECT_EQ(seen.body, request) << seen.failure;
        }
        EXPECT_EQ(server.connections(), 3);
        client.emplace(loop);
    }
}

// The upstream hears of it at once, not when the next request comes.
TEST_F(KeptConnectionTest, BytesOnAnIdleConnectionEndIt) {
    std::promise<void> answered;
    std::atomic<bool> closed = false;
    ScriptedServer server([&, told = answered.get_future().share()](Peer& peer) {
        peer.read_request();
        peer.send(reply("mine"));
        told.wait();
        peer.send(reply("of somebody else"));
        closed = peer.wait_closed();
    });
    EXPECT_EQ(fetch(server.url()).body, "mine");
    EXPECT_EQ(client->stats().connections_open.value(), 1);
    answered.set_value();
    EXPECT_TRUE(run_until([&] { return closed.load(); }));
    EXPECT_EQ(client->stats().connections_open.value(), 0);
    client.reset();
}

// While it lives, this thread goes on only when the others of the core that they share have nothing
// to do: so the server answers before a call that sends the request has returned.
class Patient {
  public:
    Patient() {
        cpu_set_t one;
        CPU_ZERO(&one);
        sched_getaffinity(0, sizeof before_, &before_);
        for (int core = 0; CPU_COUNT(&one) == 0; ++core) {
            if (CPU_ISSET(core, &before_)) CPU_SET(core, &one);
        }
        sched_setaffinity(0, sizeof one, &one);
    }
    ~Patient() {
        become(SCHED_OTHER);
        sched_setaffinity(0, sizeof before_, &before_);
    }
    // The threads that were started so far do not.
    void yield() { become(SCHED_IDLE); }

  private:
    static void become(int policy) {
        const sched_param none{};
        sched_setscheduler(0, policy, &none);
    }
    cpu_set_t before_{};
};

// libcurl has never waited for the answer of what is paused in the turn that sends it. The rest of
// the answer must not be taken for what nobody has asked for.
TEST_F(KeptConnectionTest, ARequestThatIsPausedAtOnceKeepsItsConnection) {
    Patient patient;
    std::atomic<int> paused = 0;
    ScriptedServer server([&](Peer& peer) {
        for (int round = 1; !peer.read_request().empty(); ++round) {
            peer.send(std::string(k_chunked_head) + chunk("1") + chunk("2"));
            paused.wait(round - 1);
            peer.send(chunk("3") + "0\r\n\r\n");
        }
    });
    for (int round = 1; round <= 20; ++round) {
        Recorder seen;
        Exchange exchange;
        seen.at_data = [&] {
            if (seen.pieces == 1) exchange.pause();
        };
        if (round == 2) patient.yield();
        exchange = post(server.url(), "{}", seen);
        ASSERT_TRUE(run_until([&] { return seen.pieces == 1; }));
        paused = round;
        paused.notify_all();
        run_for(2ms);
        exchange.resume();
        ASSERT_TRUE(run_to_end(seen));
        ASSERT_EQ(seen.body, "123") << round << (seen.failure ? seen.failure->message : "");
    }
    EXPECT_EQ(server.connections(), 1);
    client.reset();
}

// The loop has had no turn to see them: only a look right before the request is sent can.
TEST_F(KeptConnectionTest, BytesThatCameRightBeforeTheRequestAreSeen) {
    std::promise<void> answered;
    std::promise<void> sent;
    ScriptedServer server([&, told = answered.get_future().share()](Peer& peer) {
        peer.read_request();
        peer.send(reply(std::to_string(peer.index())));
        if (peer.index() > 0) return;
        told.wait();
        peer.send(reply("of somebody else"));
        sent.set_value();
        peer.wait_closed();
    });
    Recorder first;
    Recorder second;
    Exchange next;
    first.at_end = [&] {
        answered.set_value();
        sent.get_future().wait();
        next = post(server.url(), "{}", second);
    };
    const Exchange exchange = post(server.url(), "{}", first);
    ASSERT_TRUE(run_to_end(second));
    EXPECT_EQ(second.body, "1");
    next.reset();
    client.reset();
}

TEST_F(KeptConnectionTest, BytesBehindTheLastChunkEndIt) {
    for (const std::string& surplus : {reply("of somebody else"), std::string("\n")}) {
        ScriptedServer server([&](Peer& peer) {
            while (!peer.read_request().empty()) {
                peer.send(std::string(k_chunked_head) + chunk(std::to_string(peer.index())) +
                          "0\r\n\r\n" + surplus);
            }
        });
        for (const char* wanted : {"0", "1", "2"}) EXPECT_EQ(fetch(server.url()).body, wanted);
        client.emplace(loop);
    }
}

TEST_F(KeptConnectionTest, BytesBehindAHeadWithoutABodyEndIt) {
    ScriptedServer server([&](Peer& peer) {
        while (!peer.read_request().empty()) {
            const auto index = "X-Index: " + std::to_string(peer.index()) + "\r\n";
            peer.send(reply("", index) + "\n");
        }
    });
    for (const char* wanted : {"0", "1"}) {
        Recorder seen;
        const Exchange exchange = post(server.url(), "{}", seen);
        ASSERT_TRUE(run_to_end(seen));
        EXPECT_EQ(seen.header("x-index"), wanted);
    }
    client.reset();
}

// The count of how often libcurl sends a request again is its handle's, and handles are kept.
TEST_F(KeptConnectionTest, NoCallOfManyIsLostToOnesThatHadEnded) {
    for (const std::size_t size : {2u, 70'000u, 300'000u}) {
        ScriptedServer server([](Peer& peer) {
            peer.read_request();
            peer.send(reply(std::to_string(peer.index())));
            peer.wait_for_bytes();  // of the next request, and closes
        });
        const std::string body = pattern(size);
        for (int i = 0; i < 20; ++i) {
            const Seen seen = fetch(server.url(), body);
            EXPECT_EQ(seen.body, std::to_string(i)) << size << ": " << seen.failure;
        }
        client.emplace(loop);
    }
}

TEST_F(KeptConnectionTest, NoCallIsLostToManyThatHadEnded) {
    constexpr int k_count = 20;
    std::promise<void> all;
    ScriptedServer server([&, told = all.get_future().share()](Peer& peer) {
        peer.read_request();
        if (peer.index() < k_count) told.wait();
        peer.send(reply("ok"));
        peer.wait_for_bytes();
    });
    std::vector<Recorder> seen(k_count);
    std::vector<Exchange> exchanges;
    for (Recorder& recorder : seen) exchanges.push_back(post(server.url(), "{}", recorder));
    ASSERT_TRUE(run_until([&] { return server.connections() == k_count; }));
    all.set_value();
    for (const Recorder& recorder : seen) ASSERT_TRUE(run_to_end(recorder));
    const Seen last = fetch(server.url());
    EXPECT_EQ(last.body, "ok") << last.failure;
    exchanges.clear();
    client.reset();
}

TEST_F(KeptConnectionTest, TrailersHaveABound) {
    std::atomic<bool> closed = false;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send(std::string(k_chunked_head) + chunk("ok") + "0\r\n");
        const std::string trailer = "X-T: " + std::string(1'000, 'z') + "\r\n";
        for (int i = 0; i < 200; ++i) peer.send(trailer);
        closed = peer.wait_closed();
    });
    const Seen seen = fetch(server.url());
    EXPECT_NE(seen.failure.find("response trailers"), std::string::npos) << seen.failure;
    EXPECT_TRUE(run_until([&] { return closed.load(); }));
    client.reset();
}

TEST_F(KeptConnectionTest, FewTrailersDoNoHarm) {
    ScriptedServer server([](Peer& peer) {
        while (!peer.read_request().empty()) {
            peer.send(std::string(k_chunked_head) + chunk("ok") + "0\r\nX-T: 1\r\n\r\n");
        }
    });
    for (int i = 0; i < 3; ++i) EXPECT_EQ(fetch(server.url()).body, "ok");
    EXPECT_EQ(server.connections(), 1);
    client.reset();
}

// More than the system's buffers hold, so that the request cannot be sent to its end.
TEST_F(KeptConnectionTest, AnAnswerThatComesBeforeTheRequestWasReadCounts) {
    std::promise<void> done;
    ScriptedServer server([&](Peer& peer) {
        peer.wait_for_bytes();
        peer.send(reply("early"));
        done.get_future().wait();
        peer.wait_closed();
    });
    const std::string body(24u << 20, 'x');
    const Seen seen = fetch(server.url(), body);
    EXPECT_EQ(seen.body, "early") << seen.failure;
    done.set_value();
    client.reset();
}

}  // namespace bellwether::net::test
