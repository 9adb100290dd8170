#include "net/head.hpp"

#include <gtest/gtest.h>

namespace bellwether::net {

namespace {

Head read(std::initializer_list<std::string_view> lines) {
    Head head;
    for (const std::string_view line : lines) head.add(line);
    return head;
}

TEST(Head, LowersNamesAndTrimsValues) {
    Head head = read({"HTTP/1.1 201 Created\r\n", "X-RateLimit-Reset:\t 5 s \r\n", "Empty:\r\n",
                      "Case: KeptAsIs\r\n", "\r\n"});
    EXPECT_TRUE(head.complete());
    EXPECT_EQ(head.status(), 201);
    ASSERT_EQ(head.headers().size(), 3u);
    EXPECT_EQ(head.headers()[0].name, "x-ratelimit-reset");
    EXPECT_EQ(head.headers()[0].value, "5 s");
    EXPECT_EQ(head.headers()[1].value, "");
    EXPECT_EQ(head.find("case"), "KeptAsIs");
    EXPECT_EQ(head.find("absent"), "");
}

TEST(Head, RepeatedNamesAreAllKept) {
    Head head = read({"HTTP/1.1 200\r\n", "A: 1\r\n", "a: 2\r\n", "\r\n"});
    ASSERT_EQ(head.headers().size(), 2u);
    EXPECT_EQ(head.headers()[1].value, "2");
}

TEST(Head, InterimHeadIsForgotten) {
    Head head = read({"HTTP/1.1 100 Continue\r\n", "A: 1\r\n", "\r\n"});
    EXPECT_FALSE(head.complete());
    for (const auto* line : {"HTTP/1.1 200 OK\r\n", "B: 2\r\n", "\r\n"}) head.add(line);
    EXPECT_TRUE(head.complete());
    EXPECT_EQ(head.find("a"), "");
    EXPECT_EQ(head.find("b"), "2");
}

TEST(Head, FoldedValueIsJoined) {
    const Head head = read({"HTTP/1.1 200 OK\r\n", "A: one\r\n", " two: three\r\n", "\r\n"});
    EXPECT_EQ(head.find("a"), "one two: three");
}

// A length of 23 digits was told of as two lengths.
TEST(Head, ALengthThatCannotBeReadIsNotTwoLengths) {
    const auto length = [](std::string_view line) {
        return read({"HTTP/1.1 200\r\n", line, "\r\n"}).body_length();
    };
    for (const auto* line :
         {"content-length: 99999999999999999999999\r\n", "content-length: 5x\r\n",
          "content-length:\r\n", "content-length: -1\r\n", "content-length: 5, x\r\n"}) {
        EXPECT_TRUE(length(line).unreadable) << line;
        EXPECT_TRUE(length(line).doubtful) << line;
    }
    EXPECT_FALSE(length("content-length: 5, 6\r\n").unreadable);
    EXPECT_TRUE(length("content-length: 5, 6\r\n").doubtful);
    EXPECT_FALSE(length("content-length: 5, 5\r\n").doubtful);
}

TEST(Head, LinesAfterItAreIgnored) {
    Head head = read({"HTTP/1.1 200 OK\r\n", "A: 1\r\n", "\r\n", "Trailer: 2\r\n"});
    EXPECT_EQ(head.headers().size(), 1u);
}

TEST(Head, LinesWithoutAColonAreIgnored) {
    Head head = read({"HTTP/1.1 200 OK\r\n", "nonsense\r\n", " folded\r\n", "\r\n"});
    EXPECT_TRUE(head.headers().empty());
}

TEST(Head, AllHeadsTogetherAreBounded) {
    Head head;
    const std::string line = "A: " + std::string(1000, 'x') + "\r\n";
    Head::State state = Head::State::incomplete;
    std::size_t taken = 0;
    while (state == Head::State::incomplete && taken <= k_head_bytes_max) {
        head.add("HTTP/1.1 103 Early\r\n");
        state = head.add(line);
        taken += line.size();
    }
    EXPECT_EQ(state, Head::State::too_large);
    EXPECT_LE(taken, k_head_bytes_max);
}

TEST(Head, RedirectsAreAllOf3xx) {
    EXPECT_TRUE(read({"HTTP/1.1 300 x\r\n", "\r\n"}).redirects());
    EXPECT_TRUE(read({"HTTP/1.1 399 x\r\n", "\r\n"}).redirects());
    EXPECT_FALSE(read({"HTTP/1.1 299 x\r\n", "\r\n"}).redirects());
    EXPECT_FALSE(read({"HTTP/1.1 400 x\r\n", "\r\n"}).redirects());
}

}  // namespace

}  // namespace bellwether::net
