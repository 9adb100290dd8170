// The limits on open connections.
#include "front/connections.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bellwether::front {
namespace {

using boost::asio::ip::make_address;

TEST(Connections, APlaceIsGivenBack) {
    Connections connections(2, 0);
    {
        const ConnectionPlace first = connections.enter(make_address("127.0.0.1"));
        const ConnectionPlace second = connections.enter(make_address("127.0.0.1"));
        EXPECT_FALSE(first.beyond_limit() || second.beyond_limit());
        EXPECT_TRUE(connections.enter(make_address("127.0.0.2")).beyond_limit());
        EXPECT_EQ(connections.count(), 2u);
    }
    EXPECT_EQ(connections.count(), 0u);
    EXPECT_FALSE(connections.enter(make_address("127.0.0.1")).beyond_limit());
}

TEST(Connections, EachClientHasItsOwnLimit) {
    Connections connections(10, 1);
    const ConnectionPlace first = connections.enter(make_address("127.0.0.1"));
    EXPECT_TRUE(connections.enter(make_address("127.0.0.1")).beyond_limit());
    EXPECT_FALSE(connections.enter(make_address("127.0.0.2")).beyond_limit());
    const ConnectionPlace network = connections.enter(make_address("2001:db8::1"));
    EXPECT_FALSE(network.beyond_limit());
    EXPECT_TRUE(connections.enter(make_address("2001:db8::2")).beyond_limit());
    EXPECT_FALSE(connections.enter(make_address("2001:db8:0:1::1")).beyond_limit());
    EXPECT_EQ(connections.count(), 2u);
}

TEST(Connections, ANetworkOfIpv6IsOneClient) {
    Connections connections(10, 2);
    const ConnectionPlace first = connections.enter(make_address("2001:db8:1:2::1"));
    {
        const ConnectionPlace second =
            connections.enter(make_address("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        EXPECT_FALSE(second.beyond_limit());
        EXPECT_TRUE(connections.enter(make_address("2001:db8:1:2:3::")).beyond_limit());
        EXPECT_FALSE(connections.enter(make_address("2001:db8:1:3::1")).beyond_limit());
    }
    EXPECT_FALSE(connections.enter(make_address("2001:db8:1:2:3::")).beyond_limit());
}

// All of them are in ::/64.
TEST(Connections, ClientsOfIpv4ThatComeOverIpv6AreNotOneClient) {
    Connections connections(10, 1);
    const ConnectionPlace first = connections.enter(make_address("::ffff:192.0.2.1"));
    EXPECT_FALSE(connections.enter(make_address("::ffff:192.0.2.2")).beyond_limit());
    EXPECT_FALSE(connections.enter(make_address("::1")).beyond_limit());
    EXPECT_TRUE(connections.enter(make_address("::ffff:192.0.2.1")).beyond_limit());
    EXPECT_TRUE(connections.enter(make_address("192.0.2.1")).beyond_limit());
}

TEST(Connections, RefusalsAreBounded) {
    Connections connections(1, 0);
    std::vector<ConnectionPlace> places;
    for (int i = 0; i < 1'000; ++i) places.push_back(connections.enter(make_address("127.0.0.1")));
    EXPECT_FALSE(places.front().beyond_limit());
    EXPECT_TRUE(places[1].beyond_limit());
    EXPECT_FALSE(places.back());
    places.clear();
    EXPECT_EQ(connections.count(), 0u);
}

}  // namespace
}  // namespace bellwether::front
