// Every way an upstream can fail has a kind and a sentence that names it, and no secret.
#include "net/failure.hpp"

#include <gmock/gmock.h>

#include "harness.hpp"

namespace bellwether::net::test {

using testing::HasSubstr;
using testing::Not;

class FailureTest : public NetTest {
  protected:
    // Runs one exchange that must fail.
    Failure fail_at(const std::string& url) {
        Request request;
        request.url = url;
        request.body = "{}";
        return fail_with(std::move(request));
    }
    Failure fail_with(Request request) {
        const Exchange exchange = client->start(std::move(request), seen);
        EXPECT_EQ(seen.calls, 0);
        EXPECT_TRUE(run_to_end(seen));
        EXPECT_TRUE(seen.failure.has_value());
        const Failure failure = seen.failure.value_or(Failure{FailureKind::protocol, "none"});
        EXPECT_THAT(failure.message,
                    Not(testing::AnyOf(HasSubstr("127.0.0.1"), HasSubstr(".invalid"),
                                       HasSubstr("evil.example"), HasSubstr("hidden"))))
            << "a client is told where the upstream is";
        return failure;
    }
    // The same against a server that answers with `text` and hangs up.
    Failure fail_on(const std::string& text) {
        ScriptedServer server([&](Peer& peer) {
            peer.read_request();
            peer.send(text);
        });
        port = std::to_string(server.port());
        return fail_at(server.url("/v1?key=hidden"));
    }

    Recorder seen;
    std::string port;
};

TEST_F(FailureTest, ConnectionRefused) {
    std::string url;
    {
        ScriptedServer gone([](Peer&) {});
        url = gone.url("/v1?key=hidden");
    }
    const Failure failure = fail_at(url);
    EXPECT_EQ(failure.kind, FailureKind::connect);
    EXPECT_THAT(failure.for_operator(), HasSubstr("127.0.0.1:"));
    EXPECT_THAT(failure.for_operator(), Not(HasSubstr("hidden")));
}

TEST_F(FailureTest, NameWithoutAddress) {
    const Failure failure = fail_at("http://user:hidden@no-such-host.invalid:81/v1?key=hidden");
    EXPECT_EQ(failure.kind, FailureKind::resolve);
    EXPECT_EQ(failure.for_operator(), "no address found for no-such-host.invalid:81");
}

TEST_F(FailureTest, CutBeforeAnyByte) {
    const Failure failure = fail_on("");
    EXPECT_EQ(failure.kind, FailureKind::cut);
    EXPECT_EQ(failure.for_operator(),
              "127.0.0.1:" + port + " closed the connection without a response");
    EXPECT_EQ(seen.status, 0);
}

TEST_F(FailureTest, TheClientIsToldWhatHappenedAndNotWhere) {
    EXPECT_EQ(fail_on("").message, "the upstream closed the connection without a response");
}

TEST_F(FailureTest, CutInsideTheHead) {
    EXPECT_EQ(fail_on("HTTP/1.1 200 OK\r\nContent-Le").kind, FailureKind::cut);
}

TEST_F(FailureTest, CutInsideABodyOfKnownLength) {
    const Failure failure = fail_on("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    EXPECT_EQ(failure.kind, FailureKind::cut);
    EXPECT_EQ(failure.for_operator(),
              "127.0.0.1:" + port + " closed the connection before the response ended");
    EXPECT_EQ(seen.body, "half");
}

TEST_F(FailureTest, CutInsideAChunkedBody) {
    EXPECT_EQ(fail_on(std::string(k_chunked_head) + chunk("data: 1\n\n")).kind, FailureKind::cut);
    EXPECT_EQ(seen.body, "data: 1\n\n");
}

TEST_F(FailureTest, ResetInsideTheBody) {
    std::promise<void> taken;
    ScriptedServer server([&](Peer& peer) {
        peer.read_request();
        peer.send(std::string(k_chunked_head) + chunk("data: 1\n\n"));
        taken.get_future().wait();
        peer.reset();
    });
    seen.at_data = [&] { taken.set_value(); };
    EXPECT_EQ(fail_at(server.url()).kind, FailureKind::cut);
    EXPECT_EQ(seen.body, "data: 1\n\n");
}

TEST_F(FailureTest, GarbageInsteadOfHttp) {
    const Failure failure = fail_on("SSH-2.0-OpenSSH_9.2\r\n");
    EXPECT_EQ(failure.kind, FailureKind::protocol);
    EXPECT_THAT(failure.for_operator(), HasSubstr("did not answer in HTTP"));
    EXPECT_EQ(seen.body, "");
}

TEST_F(FailureTest, BrokenChunkSize) {
    EXPECT_EQ(fail_on(std::string(k_chunked_head) + "zz\r\nwhat").kind, FailureKind::protocol);
}

TEST_F(FailureTest, RedirectIsRefusedAndOnlyItsHostNamed) {
    const Failure failure = fail_on(
        "HTTP/1.1 302 Found\r\nLocation: https://user:pw@evil.example/steal?token=x\r\n"
        "Content-Length: 0\r\n\r\n");
    EXPECT_EQ(failure.kind, FailureKind::protocol);
    EXPECT_EQ(failure.for_operator(), "redirect refused: 127.0.0.1:" + port +
                                          " answered 302 and points to evil.example:443");
    EXPECT_EQ(seen.status, 0);
}

TEST_F(FailureTest, RelativeRedirectNamesTheSameHost) {
    const Failure failure =
        fail_on("HTTP/1.1 307 x\r\nLocation: /other?token=x\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(failure.for_operator(), testing::EndsWith("points to 127.0.0.1:" + port));
}

TEST_F(FailureTest, RedirectWithoutTarget) {
    EXPECT_THAT(fail_on("HTTP/1.1 304 Not Modified\r\n\r\n").for_operator(),
                HasSubstr("named no target"));
}

TEST_F(FailureTest, ManyHeadersTooLarge) {
    std::string head = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 1100; ++i) head += "X-Fill: " + std::string(60, 'x') + "\r\n";
    const Failure failure = fail_on(head + "\r\n");
    EXPECT_EQ(failure.kind, FailureKind::protocol);
    EXPECT_THAT(failure.for_operator(), HasSubstr("larger than 64 KiB"));
}

TEST_F(FailureTest, OneHeaderTooLarge) {
    const Failure failure = fail_on("HTTP/1.1 200 OK\r\nX-Fill: " + std::string(300'000, 'x'));
    EXPECT_EQ(failure.kind, FailureKind::protocol);
    EXPECT_THAT(failure.for_operator(), HasSubstr("larger than 64 KiB"));
}

// Connected, but no TLS within the limit: the time-out covers the handshake.
TEST_F(FailureTest, ConnectTimeoutCoversTls) {
    ScriptedServer server([](Peer& peer) { peer.wait_closed(); });
    Request request;
    request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/v1";
    request.connect_timeout = 150ms;
    const auto start = Clock::now();
    const Failure failure = fail_with(std::move(request));
    EXPECT_EQ(failure.kind, FailureKind::connect_timeout);
    EXPECT_THAT(failure.for_operator(), HasSubstr("within 150 ms"));
    EXPECT_GE(Clock::now() - start, 150ms);
}

TEST_F(FailureTest, ConnectTimeoutOfTcp) {
    const SilentPort silent;
    Request request;
    request.url = silent.url();
    request.connect_timeout = 150ms;
    EXPECT_EQ(fail_with(std::move(request)).kind, FailureKind::connect_timeout);
}

TEST_F(FailureTest, PlainTextInsteadOfTls) {
    ScriptedServer server([](Peer& peer) {
        peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
        peer.wait_closed();
    });
    const Failure failure =
        fail_at("https://127.0.0.1:" + std::to_string(server.port()) + "/v1?key=hidden");
    EXPECT_EQ(failure.kind, FailureKind::tls);
    EXPECT_THAT(failure.for_operator(), HasSubstr("no TLS with 127.0.0.1:"));
    EXPECT_THAT(failure.for_operator(), Not(HasSubstr("hidden")));
}

TEST_F(FailureTest, MissingCaFile) {
    ScriptedServer server([](Peer& peer) { peer.wait_closed(); });
    Request request;
    request.url = "https://127.0.0.1:" + std::to_string(server.port());
    WireOptions wire;
    wire.ca_file = "/nonexistent/ca.pem";
    request.wire = std::make_shared<const WireOptions>(std::move(wire));
    const Failure failure = fail_with(std::move(request));
    EXPECT_EQ(failure.kind, FailureKind::tls);
    EXPECT_THAT(failure.for_operator(), HasSubstr("/nonexistent/ca.pem"));
}

TEST_F(FailureTest, OtherSchemesAreRefused) {
    EXPECT_EQ(fail_at("file:///etc/passwd").kind, FailureKind::protocol);
    EXPECT_EQ(seen.body, "");
}

TEST_F(FailureTest, InvalidUrl) {
    EXPECT_EQ(fail_at("http://[bad").for_operator(), "the upstream's URL is not valid");
}

TEST_F(FailureTest, HeaderWithALineBreakIsNotSent) {
    Request request;
    request.url = "http://127.0.0.1:1/";
    request.headers = {"x-a: b\r\nx-injected: c"};
    EXPECT_EQ(fail_with(std::move(request)).for_operator(),
              "a request header contains a line break");
}

TEST_F(FailureTest, UnknownMethod) {
    Request request;
    request.method = "TRACE";
    request.url = "http://127.0.0.1:1/";
    EXPECT_EQ(fail_with(std::move(request)).for_operator(), "the method TRACE is not supported");
}

TEST(HostAndPort, NamesNothingElse) {
    EXPECT_EQ(host_and_port("https://u:p@api.example.com/v1?k=1#f"), "api.example.com:443");
    EXPECT_EQ(host_and_port("http://[::1]:8080/"), "[::1]:8080");
    EXPECT_EQ(host_and_port("not a url"), "the upstream");
}

}  // namespace bellwether::net::test
