// Names: what was looked up is kept, but not for longer than it leads to somebody.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <cstring>
#include <memory>

#include "harness.hpp"

namespace {

constexpr char k_moving_name[] = "moving.test";

std::atomic<const char*> moving_address = "127.0.0.1";
std::atomic<int> lookups = 0;

}  // namespace

// libcurl's resolver comes here: the program's own function is found before the C library's.
extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    static const auto real =
        reinterpret_cast<decltype(&getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    const bool moving = name != nullptr && std::strcmp(name, k_moving_name) == 0;
    if (moving) ++lookups;
    return real(moving ? moving_address.load() : name, service, hints, found);
}

namespace bellwether::net::test {

class LookupTest : public NetTest {
  protected:
    LookupTest() {
        moving_address = "127.0.0.1";
        lookups = 0;
    }

    std::string fetch(std::uint16_t port) {
        Recorder seen;
        const std::string url =
            std::string("http://") + k_moving_name + ":" + std::to_string(port) + "/";
        const Exchange exchange = post(url, "{}", seen);
        EXPECT_TRUE(run_to_end(seen));
        return seen.failure ? seen.failure->message : seen.body;
    }

    static void answer_once(Peer& peer, std::string_view text) {
        peer.read_request();
        peer.send(reply(text, "Connection: close\r\n"));
    }
};

TEST_F(LookupTest, WhatWasLookedUpIsKept) {
    ScriptedServer server([](Peer& peer) { answer_once(peer, "here"); });
    for (int i = 0; i < 5; ++i) EXPECT_EQ(fetch(server.port()), "here");
    EXPECT_EQ(lookups, 1);
    client.reset();
}

// Not even the call that finds out is lost.
TEST_F(LookupTest, AnUpstreamThatMovesIsFoundAtItsNewAddress) {
    auto old = std::make_unique<ScriptedServer>([](Peer& peer) { answer_once(peer, "old"); });
    const std::uint16_t port = old->port();
    EXPECT_EQ(fetch(port), "old");
    old.reset();
    ScriptedServer moved([](Peer& peer) { answer_once(peer, "new"); }, INADDR_LOOPBACK + 1, port);
    moving_address = "127.0.0.2";
    EXPECT_EQ(fetch(port), "new");
    EXPECT_EQ(fetch(port), "new");
    client.reset();
}

TEST_F(LookupTest, AnUpstreamThatIsAwayIsNotLookedUpForEachCall) {
    auto gone = std::make_unique<ScriptedServer>([](Peer&) {});
    const std::uint16_t port = gone->port();
    gone.reset();
    const auto start = Clock::now();
    for (int i = 0; i < 100; ++i) EXPECT_NE(fetch(port).find("no connection"), std::string::npos);
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(Clock::now() - start).count();
    EXPECT_LE(lookups, 2 * (1 + seconds) + 1);
    client.reset();
}

}  // namespace bellwether::net::test
