// Who owns a socket, and how one serves several workers.
#include "serve/sockets.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "serve/listening.hpp"

namespace bellwether::serve {
namespace {

int made() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
bool is_open(int descriptor) { return fcntl(descriptor, F_GETFD) >= 0; }

TEST(Sockets, AreClosedUnlessTaken) {
    const int taken = made();
    const int left = made();
    {
        Sockets sockets;
        sockets.add(taken);
        EXPECT_EQ(sockets.take(), std::vector<int>{taken});
        sockets.add(left);
        const Sockets moved = std::move(sockets);
        EXPECT_EQ(moved[0], left);
    }
    EXPECT_TRUE(is_open(taken));
    EXPECT_FALSE(is_open(left));
    close(taken);
}

TEST(Sockets, AreDuplicatedInTurn) {
    Sockets sockets;
    sockets.add(made());
    sockets.add(made());
    ASSERT_TRUE(sockets.duplicate(5));
    EXPECT_EQ(sockets.size(), 5u);
    EXPECT_TRUE(sockets.duplicate(3));
    EXPECT_EQ(sockets.size(), 5u);
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        EXPECT_EQ(fcntl(sockets[i], F_GETFD), FD_CLOEXEC) << i;
    }
}

TEST(Listening, GivesEachWorkerItsShare) {
    using Shares = std::vector<std::vector<int>>;
    const auto shares = [](int sockets, std::size_t workers) {
        Sockets all;
        for (int i = 0; i < sockets; ++i) all.add(1'000'000 + i);  // open nowhere
        return Listening("http://x", 1, std::move(all)).take(workers);
    };
    EXPECT_EQ(shares(2, 2), (Shares{{1'000'000}, {1'000'001}}));
    EXPECT_EQ(shares(3, 2), (Shares{{1'000'000, 1'000'002}, {1'000'001}}));
    EXPECT_EQ(shares(0, 2), (Shares{{}, {}}));
}

}  // namespace
}  // namespace bellwether::serve
