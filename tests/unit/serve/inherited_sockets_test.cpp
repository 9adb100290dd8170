// What the environment says of sockets that another process has opened.
#include "serve/inherited_sockets.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

namespace bellwether::serve {
namespace {

using Names = std::vector<std::string>;

std::string fault(const InheritedWords& words) {
    const auto names = inherited_names(words, 7);
    return names ? "none" : names.error();
}

TEST(InheritedNames, OneForEachSocket) {
    EXPECT_EQ(inherited_names({.pid = "7", .count = "2", .names = "api:admin"}, 7),
              (Names{"api", "admin"}));
    EXPECT_EQ(inherited_names({.pid = "7", .count = "1", .names = "bellwether.socket"}, 7),
              Names{"bellwether.socket"});
    EXPECT_EQ(inherited_names({.pid = "7", .count = "3", .names = ":api:"}, 7),
              (Names{"", "api", ""}));
    EXPECT_EQ(inherited_names({.pid = "7", .count = "2"}, 7), (Names{"", ""}));
    EXPECT_EQ(inherited_names({.pid = "7", .count = "0", .names = ""}, 7), Names{});
}

TEST(InheritedNames, NoneWithoutSocketsOfOnesOwn) {
    EXPECT_EQ(inherited_names({}, 7), Names{});
    EXPECT_EQ(inherited_names({.pid = "7"}, 7), Names{});
    EXPECT_EQ(inherited_names({.count = "1"}, 7), Names{});
    EXPECT_EQ(inherited_names({.pid = "8", .count = "many", .names = "api:admin"}, 7), Names{});
}

TEST(InheritedNames, SayWhatIsWrong) {
    EXPECT_EQ(fault({.pid = "me", .count = "1"}), "$LISTEN_PID is \"me\", which is no process");
    for (const char* count : {"", "-1", "1x", "1025", "99999999999999999999"}) {
        EXPECT_EQ(fault({.pid = "7", .count = count}), "$LISTEN_FDS is \"" + std::string(count) +
                                                           "\"; expected a number from 0 to 1024");
    }
    EXPECT_EQ(fault({.pid = "7", .count = "1", .names = "api:admin"}),
              "$LISTEN_FDNAMES has 2 names for the 1 sockets of $LISTEN_FDS");
}

// A program that the host starts has the same environment, and maybe the same process id later.
TEST(InheritedSockets, TheVariablesAreRemoved) {
    setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    setenv("LISTEN_FDS", "0", 1);
    setenv("LISTEN_FDNAMES", "", 1);
    const auto sockets = take_inherited_sockets();
    ASSERT_TRUE(sockets);
    EXPECT_TRUE(sockets->api.empty());
    EXPECT_TRUE(sockets->admin.empty());
    for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) {
        EXPECT_EQ(std::getenv(name), nullptr) << name;
    }
}

}  // namespace
}  // namespace bellwether::serve
