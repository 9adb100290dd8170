// What a provider's WireOptions settle: proxies, addresses, caps, the age of connections,
// compression.
#include <gmock/gmock.h>

#include "harness.hpp"

namespace bellwether::net::test {

using testing::HasSubstr;
using testing::Not;

class WireTest : public NetTest {
  protected:
    static void answer_all(Peer& peer) {
        while (!peer.read_request().empty()) peer.send(reply(std::to_string(peer.index())));
    }
    Exchange ask(const WireOptions& wire, const std::string& url, Events& events) {
        Request request;
        request.url = url;
        request.headers = {"authorization: Bearer hidden-key"};
        request.body = "{}";
        request.wire = keep(wire);
        return client->start(std::move(request), events);
    }
    const std::shared_ptr<const WireOptions>& keep(const WireOptions& wire) {
        if (!kept) kept = std::make_shared<const WireOptions>(wire);
        return kept;
    }
    void fetch(const WireOptions& wire, const std::string& url) {
        seen = Recorder();
        const Exchange exchange = ask(wire, url, seen);
        EXPECT_TRUE(run_to_end(seen));
    }
    std::string failure_text() const {
        return seen.failure ? seen.failure->for_operator() : "none";
    }
    // The same as `fetch`, from a server that answers with these headers and this body.
    void fetch_reply(std::string_view body, std::string_view headers) {
        ScriptedServer server([&](Peer& peer) {
            peer.read_request();
            peer.send(reply(body, headers));
        });
        fetch({}, server.url());
    }

    std::shared_ptr<const WireOptions> kept;
    Recorder seen;
};

TEST_F(WireTest, APlainRequestGoesToTheProxyWithItsCredential) {
    std::promise<std::string> received;
    ScriptedServer proxy([&](Peer& peer) {
        received.set_value(peer.read_request());
        peer.send(reply("by proxy"));
    });
    WireOptions wire;
    wire.proxy = {proxy.url(""), "me", "hidden-word"};
    fetch(wire, "http://upstream.invalid/v1");
    EXPECT_EQ(seen.body, "by proxy");
    const std::string text = received.get_future().get();
    EXPECT_THAT(text, HasSubstr("POST http://upstream.invalid/v1 HTTP/1.1\r\n"));
    EXPECT_THAT(text, HasSubstr("Proxy-Authorization: Basic bWU6aGlkZGVuLXdvcmQ="));
}

TEST_F(WireTest, ATunnelIsAskedForWithoutTheUpstreamsKey) {
    std::promise<std::string> received;
    ScriptedServer proxy([&](Peer& peer) {
        received.set_value(peer.read_request());
        peer.send("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    });
    WireOptions wire;
    wire.proxy = {proxy.url(""), "me", "hidden-word"};
    fetch(wire, "https://upstream.invalid/v1?key=hidden");
    const std::string text = received.get_future().get();
    EXPECT_THAT(text, HasSubstr("CONNECT upstream.invalid:443 HTTP/1.1\r\n"));
    EXPECT_THAT(text, Not(HasSubstr("hidden-key")));
    EXPECT_EQ(failure_text(), "the proxy 127.0.0.1:" + std::to_string(proxy.port()) +
                                  " refused a connection to upstream.invalid:443 with status 403");
    EXPECT_EQ(seen.failure->kind, FailureKind::connect);
}

TEST_F(WireTest, AProxyThatWantsCredentialsIsNamedAndNothingSecretIs) {
    ScriptedServer proxy([](Peer& peer) {
        peer.read_request();
        peer.send(
            "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
            "Content-Length: 0\r\n\r\n");
        peer.wait_closed();
    });
    for (const char* url : {"https://upstream.invalid/v1", "http://upstream.invalid/v1"}) {
        kept.reset();
        WireOptions wire;
        wire.proxy.url = proxy.url("");
        fetch(wire, url);
        EXPECT_THAT(failure_text(),
                    HasSubstr("status 407: it wants credentials; set proxy_secret"));
        EXPECT_THAT(failure_text(), HasSubstr("127.0.0.1:" + std::to_string(proxy.port())));
        kept.reset();
        wire.proxy.user = "me";
        wire.proxy.password = "hidden-word";
        fetch(wire, url);
        EXPECT_THAT(failure_text(), HasSubstr("does not accept the credentials"));
        EXPECT_THAT(failure_text(), Not(HasSubstr("hidden")));
    }
    client.reset();
}

TEST_F(WireTest, AProxyOutOfReachIsNamed) {
    std::string url;
    {
        ScriptedServer gone([](Peer&) {});
        url = gone.url("");
    }
    WireOptions wire;
    wire.proxy.url = url;
    fetch(wire, "https://upstream.invalid/v1");
    EXPECT_EQ(seen.failure->kind, FailureKind::connect);
    EXPECT_THAT(failure_text(), HasSubstr("upstream.invalid:443 through the proxy 127.0.0.1:"));
}

TEST_F(WireTest, ASocksProxyOutOfReachIsNamed) {
    WireOptions wire;
    wire.proxy.url = "socks5h://127.0.0.1:1";
    fetch(wire, "https://upstream.invalid/v1");
    EXPECT_EQ(seen.failure->kind, FailureKind::connect);
    EXPECT_THAT(failure_text(), HasSubstr("through the proxy 127.0.0.1:1"));
}

// One address refuses (nobody listens there), the next one answers.
TEST_F(WireTest, TheNextAddressIsTriedWhenOneRefuses) {
    ScriptedServer server(answer_all);
    const std::string port = std::to_string(server.port());
    WireOptions wire;
    wire.addresses = {"upstream.invalid:" + port + ":127.0.0.3,127.0.0.1"};
    fetch(wire, "http://upstream.invalid:" + port + "/v1");
    EXPECT_EQ(seen.body, "0") << failure_text();
    client.reset();
}

// One address neither refuses nor answers; the next one gets half of the time to connect, unless
// that is so short that libcurl does not divide it.
TEST_F(WireTest, TheNextAddressIsTriedWhenOneHangs) {
    ScriptedServer server(answer_all);
    const SilentPort silent(INADDR_LOOPBACK + 2, server.port());
    const std::string authority = "upstream.invalid:" + std::to_string(server.port());
    WireOptions wire;
    wire.addresses = {authority + ":127.0.0.3,127.0.0.1"};
    Request request;
    request.url = "http://" + authority + "/v1";
    request.wire = keep(wire);
    request.connect_timeout = 1500ms;
    const Exchange exchange = client->start(std::move(request), seen);
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_EQ(seen.body, "0") << failure_text();
    client.reset();
}

TEST_F(WireTest, CallsBeyondTheCapWaitForAConnection) {
    ScriptedServer server(answer_all);
    WireOptions wire;
    wire.connections_max = 2;
    std::vector<Recorder> all(12);
    std::vector<Exchange> exchanges;
    std::size_t ended = 0;
    for (Recorder& one : all) {
        one.at_end = [&] { ++ended; };
        exchanges.push_back(ask(wire, server.url(), one));
    }
    ASSERT_TRUE(run_until([&] { return ended == all.size(); }));
    for (const Recorder& one : all) EXPECT_EQ(one.status, 200);
    EXPECT_EQ(server.connections(), 2);
    exchanges.clear();
    client.reset();
}

TEST_F(WireTest, ADropMakesRoomForTheOneThatWaits) {
    ScriptedServer server([](Peer& peer) {
        if (peer.index() > 0) return answer_all(peer);
        peer.read_request();
        peer.wait_closed();
    });
    WireOptions wire;
    wire.connections_max = 1;
    Recorder stuck;
    Exchange first = ask(wire, server.url(), stuck);
    ASSERT_TRUE(run_until([&] { return server.connections() == 1; }));
    const Exchange second = ask(wire, server.url(), seen);
    run_for(30ms);
    EXPECT_EQ(server.connections(), 1);
    first.reset();
    ASSERT_TRUE(run_to_end(seen));
    EXPECT_EQ(seen.body, "1");
    client.reset();
}

TEST_F(WireTest, AnOldIdleConnectionIsNotUsedAgain) {
    ScriptedServer server(answer_all);
    WireOptions wire;
    wire.idle_time = std::chrono::seconds(1);
    fetch(wire, server.url());
    fetch(wire, server.url());
    EXPECT_EQ(server.connections(), 1);
    run_for(2'100ms);
    fetch(wire, server.url());
    EXPECT_EQ(server.connections(), 2);
    client.reset();
}

TEST_F(WireTest, ARequestIsNotSentTwiceOnceAnAnswerHasBegun) {
    std::atomic<int> requests = 0;
    ScriptedServer server([&](Peer& peer) {
        while (!peer.read_request().empty()) {
            if (++requests == 1) {
                peer.send(reply("first"));
                continue;
            }
            peer.send("HTTP/1.1 200 OK\r\n");
            return;
        }
    });
    fetch({}, server.url());
    EXPECT_EQ(seen.body, "first");
    fetch({}, server.url());
    ASSERT_TRUE(seen.failure);
    EXPECT_EQ(requests, 2);
    client.reset();
}

// A burst leaves its connections open, and nothing comes after it that would make libcurl look.
TEST_F(WireTest, ConnectionsThatAreTooOldAreClosedThoughNobodyAsksForAnything) {
    WireOptions wire;
    wire.idle_time = std::chrono::seconds(1);
    ScriptedServer server(answer_all);
    const Stats& stats = client->stats();
    std::vector<Recorder> burst(5);
    std::vector<Exchange> exchanges;
    for (Recorder& recorder : burst) exchanges.push_back(ask(wire, server.url(), recorder));
    for (const Recorder& recorder : burst) ASSERT_TRUE(run_to_end(recorder));
    EXPECT_EQ(stats.connections_open.value(), 5);
    EXPECT_TRUE(run_until([&] { return stats.connections_open.value() == 0; }));
    fetch(wire, server.url());
    EXPECT_FALSE(seen.failure) << "it goes on over a new one: " << failure_text();
    EXPECT_EQ(server.connections(), 6);
    exchanges.clear();
    client.reset();
}

TEST_F(WireTest, ConnectionsAreCounted) {
    ScriptedServer server(answer_all);
    const Stats& stats = client->stats();
    EXPECT_EQ(stats.connections_open.value(), 0);
    for (int i = 0; i < 3; ++i) fetch({}, server.url());
    EXPECT_EQ(stats.transfers_active.value(), 0);
    EXPECT_EQ(stats.connections_open.value(), 1);
    EXPECT_EQ(stats.connections_opened.value(), 1u);
    EXPECT_EQ(stats.connections_reused.value(), 2u);
    client.reset();
}

// ---- compression ----------------------------------------------------------------------------

// "hello" as gzip packs it.
constexpr std::string_view k_hello(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00"
    "\x00\x00",
    25);

TEST_F(WireTest, ACompressedAnswerIsReadAllTheSame) {
    fetch_reply(k_hello, "Content-Encoding: gzip\r\n");
    EXPECT_EQ(seen.body, "hello") << failure_text();
}

TEST_F(WireTest, AnUnknownEncodingIsRefused) {
    fetch_reply("?", "Content-Encoding: br\r\n");
    EXPECT_EQ(seen.failure->kind, FailureKind::protocol);
    EXPECT_THAT(failure_text(), HasSubstr("content-encoding \"br\""));
    EXPECT_EQ(seen.calls, 1);
}

TEST_F(WireTest, ABrokenCompressionIsAFailure) {
    fetch_reply("not gzip at all", "Content-Encoding: gzip\r\n");
    ASSERT_TRUE(seen.failure);
    EXPECT_EQ(seen.failure->kind, FailureKind::protocol);
}

// ---- framing --------------------------------------------------------------------------------

// Whoever reads such an answer otherwise finds another end, and the next answer behind it.
class FramingTest : public WireTest, public testing::WithParamInterface<const char*> {};

TEST_P(FramingTest, AnAnswerOfTwoLengthsIsRefusedAndItsConnectionIsNotUsedAgain) {
    int connections = 0;
    ScriptedServer server([&](Peer& peer) {
        ++connections;
        while (!peer.read_request().empty()) {
            peer.send(connections == 1 ? std::string("HTTP/1.1 200 OK\r\n") + GetParam() +
                                             "\r\n5\r\nhello\r\n0\r\n\r\n"
                                       : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }
    });
    fetch({}, server.url());
    ASSERT_TRUE(seen.failure) << seen.body;
    EXPECT_EQ(seen.failure->kind, FailureKind::protocol) << failure_text();
    EXPECT_EQ(seen.calls, 1) << "nothing of it was taken for an answer";
    fetch({}, server.url());
    EXPECT_EQ(seen.body, "ok") << failure_text();
    EXPECT_EQ(connections, 2);
    client.reset();
}

INSTANTIATE_TEST_SUITE_P(
    Wire, FramingTest,
    testing::Values("Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n",
                    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                    "Transfer-Encoding: Chunked\r\nContent-Length: 5\r\n", "Content-Length: 5x\r\n",
                    "Content-Length: -1\r\n", "Content-Length: +5\r\n", "Content-Length:\r\n",
                    "Content-Length: 5\r\n 6\r\n", "Content-Length: 99999999999999999999999\r\n"));

TEST_F(WireTest, AnAnswerOfNoReadableLengthIsToldOfAsThat) {
    const auto told = [&](const char* fields) {
        ScriptedServer server([&](Peer& peer) {
            peer.read_request();
            peer.send(std::string("HTTP/1.1 200 OK\r\n") + fields + "\r\nhello");
        });
        fetch({}, server.url());
        return failure_text();
    };
    EXPECT_NE(told("Content-Length: 99999999999999999999999\r\n")
                  .find(" gives a length of its response that cannot be read (content-length)"),
              std::string::npos)
        << failure_text();
    EXPECT_NE(told("Content-Length: 5, 6\r\n").find(" says two things of how long "),
              std::string::npos)
        << failure_text();
    client.reset();
}

TEST_F(WireTest, ALengthThatIsToldTwiceAlikeIsOne) {
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send(
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n"
            "Transfer-Encoding: identity\r\n\r\nhello");
    });
    fetch({}, server.url());
    EXPECT_EQ(seen.body, "hello") << failure_text();
    client.reset();
}

// ---- refusals -------------------------------------------------------------------------------

struct Refused {
    const char* headers;
    std::string body;
    std::string words;  // what of it can be read
};

class RefusalTest : public WireTest, public testing::WithParamInterface<Refused> {};

// Its status and its headers say what to do, and count more than words that nobody can read.
TEST_P(RefusalTest, KeepsItsStatusWhateverBecomesOfItsWords) {
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send(std::string("HTTP/1.1 429 x\r\nRetry-After: 3\r\n") + GetParam().headers +
                  "\r\n" + GetParam().body);
    });
    fetch({}, server.url());
    EXPECT_FALSE(seen.failure) << failure_text();
    EXPECT_EQ(seen.status, 429);
    EXPECT_EQ(seen.header("retry-after"), "3");
    EXPECT_EQ(seen.body, GetParam().words);
    client.reset();
}

INSTANTIATE_TEST_SUITE_P(
    Wire, RefusalTest,
    testing::Values(Refused{"Content-Encoding: br\r\n", "xxxx", ""},
                    Refused{"Content-Encoding: zstd\r\n", "xxxx", ""},
                    Refused{"Content-Encoding: nonsense\r\n", "xxxx", ""},
                    Refused{"Content-Encoding: gzip, gzip\r\n", std::string(k_hello), ""},
                    Refused{"Content-Encoding: gzip\r\n", "not gzip", ""},
                    Refused{"Content-Encoding: gzip\r\n", std::string(k_hello.substr(0, 12)), "h"},
                    Refused{"Content-Encoding: gzip\r\n", std::string(k_hello), "hello"},
                    Refused{"Content-Length: 100\r\n", "cut", "cut"},
                    Refused{"Transfer-Encoding: chunked\r\n", "3\r\ncut\r\n9\r\n", "cut"}));

}  // namespace bellwether::net::test
