// What a well-behaved upstream sends arrives whole, and what we send arrives there.
#include "harness.hpp"

namespace bellwether::net::test {

using ExchangeTest = NetTest;

TEST_F(ExchangeTest, DeliversStatusHeadersAndBody) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(reply("hello", "X-Request-ID:  abc \r\nContent-Type: text/plain\r\n"));
    });
    Recorder seen;
    const Exchange exchange = post(server.url(), "{}", seen);
    EXPECT_EQ(seen.calls, 0);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_FALSE(seen.failure) << seen.failure->message;
    EXPECT_EQ(seen.status, 200);
    EXPECT_EQ(seen.header("x-request-id"), "abc");
    EXPECT_EQ(seen.header("content-type"), "text/plain");
    EXPECT_EQ(seen.body, "hello");
}

TEST_F(ExchangeTest, SendsWhatItWasGivenAndNothingUnasked) {
    std::promise<std::string> received;
    ScriptedServer server([&](Peer& peer) {
        received.set_value(peer.read_request());
        peer.send(reply("ok"));
    });
    Recorder seen;
    Request request;
    request.url = server.url("/v1/chat/completions?trace=1");
    request.headers = {"content-type: application/json", "authorization: Bearer secret"};
    request.body = R"({"model":"m"})";
    const Exchange exchange = client->start(std::move(request), seen);
    ASSERT_TRUE(run_to_end(seen));
    const std::string text = received.get_future().get();
    EXPECT_TRUE(text.starts_with("POST /v1/chat/completions?trace=1 HTTP/1.1\r\n")) << text;
    EXPECT_NE(text.find("authorization: Bearer secret\r\n"), std::string::npos);
    EXPECT_TRUE(text.ends_with("\r\n\r\n{\"model\":\"m\"}"));
    EXPECT_EQ(text.find("Expect"), std::string::npos);
    EXPECT_EQ(text.find("Accept-Encoding"), std::string::npos);
}

TEST_F(ExchangeTest, GetHasNoBody) {
    std::promise<std::string> received;
    ScriptedServer server([&](Peer& peer) {
        received.set_value(peer.read_request());
        peer.send(reply("[]"));
    });
    Recorder seen;
    const Exchange exchange = get(server.url("/v1/models"), seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_TRUE(received.get_future().get().starts_with("GET /v1/models HTTP/1.1\r\n"));
    EXPECT_EQ(seen.body, "[]");
}

// One handle serves all of them in turn, so none may leave its method behind.
TEST_F(ExchangeTest, EachMethodGoesOutUnderItsName) {
    std::vector<std::string> received;
    std::optional<ScriptedServer> server(std::in_place, [&](Peer& peer) {
        for (int i = 0; i < 5; ++i) {
            received.push_back(peer.read_request());
            peer.send(reply("ok"));
        }
    });
    const std::vector<std::string> methods{"PUT", "GET", "DELETE", "POST", "PATCH"};
    for (const std::string& method : methods) {
        Recorder seen;
        Request request;
        request.method = method;
        request.url = server->url("/x");
        if (method != "GET") request.body = "{}";
        const Exchange exchange = client->start(std::move(request), seen);
        ASSERT_TRUE(run_to_end(seen));
        ASSERT_FALSE(seen.failure) << seen.failure->message;
    }
    server.reset();
    ASSERT_EQ(received.size(), methods.size());
    for (std::size_t i = 0; i < methods.size(); ++i) {
        EXPECT_TRUE(received[i].starts_with(methods[i] + " /x HTTP/1.1\r\n")) << received[i];
        EXPECT_EQ(received[i].ends_with("\r\n\r\n{}"), methods[i] != "GET") << received[i];
    }
}

TEST_F(ExchangeTest, EmptyPostSendsALengthOfZero) {
    std::promise<std::string> received;
    ScriptedServer server([&](Peer& peer) {
        received.set_value(peer.read_request());
        peer.send(reply(""));
    });
    Recorder seen;
    const Exchange exchange = post(server.url(), {}, seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_NE(received.get_future().get().find("Content-Length: 0\r\n"), std::string::npos);
    EXPECT_EQ(seen.status, 200);
    EXPECT_EQ(seen.body, "");
}

TEST_F(ExchangeTest, ErrorStatusesAreOrdinaryResponses) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send(
            "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\nno");
    });
    Recorder seen;
    const Exchange exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_FALSE(seen.failure);
    EXPECT_EQ(seen.status, 429);
    EXPECT_EQ(seen.header("retry-after"), "3");
    EXPECT_EQ(seen.body, "no");
}

TEST_F(ExchangeTest, ChunkedBodyArrivesPieceByPiece) {
    std::atomic<int> taken = 0;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send(k_chunked_head);
        for (int i = 0; i < 5; ++i) {
            while (taken < i) std::this_thread::yield();  // the next only once the last is there
            peer.send(chunk("data: " + std::to_string(i) + "\n\n"));
        }
        peer.send("0\r\nX-Trailer: late\r\n\r\n");
    });
    Recorder seen;
    seen.at_data = [&] { ++taken; };
    const Exchange exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_FALSE(seen.failure);
    EXPECT_EQ(seen.body, "data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n");
    EXPECT_EQ(seen.pieces, 5);
    EXPECT_EQ(seen.header("x-trailer"), "");
}

TEST_F(ExchangeTest, HeadInSmallPieces) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        for (const char c : reply("slow", "X-A: b\r\n")) {
            peer.send({&c, 1});
            std::this_thread::sleep_for(100us);  // one segment a byte
        }
    });
    Recorder seen;
    const Exchange exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_FALSE(seen.failure);
    EXPECT_EQ(seen.header("x-a"), "b");
    EXPECT_EQ(seen.body, "slow");
}

TEST_F(ExchangeTest, InterimHeadsAreSkipped) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + reply("done", "X-B: 1\r\n"));
    });
    Recorder seen;
    const Exchange exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_EQ(seen.status, 200);
    EXPECT_EQ(seen.header("link"), "");
    EXPECT_EQ(seen.header("x-b"), "1");
}

TEST_F(ExchangeTest, BodyUpToTheEndOfTheConnection) {
    ScriptedServer server([](Peer& peer) {
        peer.read_request();
        peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nto the end");
    });
    Recorder seen;
    const Exchange exchange = post(server.url(), "{}", seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_FALSE(seen.failure);
    EXPECT_EQ(seen.body, "to the end");
}

TEST_F(ExchangeTest, LargeBodiesBothWays) {
    const std::string big = pattern(5u << 20);
    ScriptedServer server([](Peer& peer) {
        const std::string request = peer.read_request();
        peer.send(reply(request.substr(request.find("\r\n\r\n") + 4)));
    });
    Recorder seen;
    const Exchange exchange = post(server.url(), big, seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_FALSE(seen.failure);
    EXPECT_TRUE(seen.body == big);
}

// 64 KiB is where the way a body is sent changes.
TEST_F(ExchangeTest, BodiesAroundTheInlineLimit) {
    ScriptedServer server([](Peer& peer) {
        while (true) {
            const std::string request = peer.read_request();
            if (request.empty()) return;
            peer.send(reply(request.substr(request.find("\r\n\r\n") + 4)));
        }
    });
    for (const std::size_t size : {65535u, 65536u, 65537u, 1u}) {
        const std::string body = pattern(size);
        Recorder seen;
        const Exchange exchange = post(server.url(), body, seen);
        ASSERT_TRUE(run_to_end(seen));
        EXPECT_TRUE(seen.body == body) << size;
    }
    EXPECT_EQ(server.connections(), 1);
    client.reset();
}

}  // namespace bellwether::net::test
