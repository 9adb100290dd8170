// What a client has sent: every request is read once and in order, however its bytes are cut, and
// what is kept of them is bounded.
#include "front/inbox.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bellwether::front {
namespace {

using http::ParseStep;

const http::MessageLimits k_limits{};

std::string post(std::string_view path, std::string_view body) {
    return "POST " + std::string(path) +
           " HTTP/1.1\r\nhost: x\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

// Reads to the end of a request or of the bytes, as a session does; false: it is not complete.
bool read(Inbox& inbox, std::string_view& bytes) {
    for (;;) {
        const ParseStep step = inbox.feed(bytes);
        if (step != ParseStep::head) return step == ParseStep::request;
    }
}

// Reads the requests that come in `parts`; while one is answered, the next part is kept.
std::vector<std::string> paths_of(const std::vector<std::string_view>& parts) {
    Inbox inbox(k_limits);
    std::vector<std::string> paths;
    const auto read_kept = [&] {
        std::string_view bytes = inbox.kept();
        const bool complete = read(inbox, bytes);
        inbox.keep_last(bytes.size());
        if (complete) {
            paths.emplace_back(inbox.request().path);
            inbox.next_request();
        }
        return complete;
    };
    for (const std::string_view part : parts) {
        inbox.keep(part);
        while (!inbox.kept().empty() && read_kept()) {
        }
    }
    EXPECT_FALSE(inbox.parser().begun());
    return paths;
}

TEST(Inbox, ReadsPipelinedRequestsInOrderHoweverTheyAreCut) {
    const std::string all = post("/1", "one") + post("/2", "") + post("/3", "three");
    const std::vector<std::string> wanted{"/1", "/2", "/3"};
    EXPECT_EQ(paths_of({all}), wanted);
    for (std::size_t cut = 1; cut < all.size(); ++cut) {
        EXPECT_EQ(
            paths_of({std::string_view(all).substr(0, cut), std::string_view(all).substr(cut)}),
            wanted)
            << cut;
    }
}

TEST(Inbox, LeavesTheNextRequestsBytes) {
    Inbox inbox(k_limits);
    const std::string both = post("/1", "one") + post("/2", "two");
    std::string_view bytes = both;
    ASSERT_TRUE(read(inbox, bytes));
    EXPECT_EQ(inbox.request().body, "one");
    EXPECT_EQ(bytes, post("/2", "two"));
    inbox.keep(bytes);
    inbox.next_request();
    bytes = inbox.kept();
    ASSERT_TRUE(read(inbox, bytes));
    EXPECT_EQ(inbox.request().body, "two");
    inbox.keep_last(bytes.size());
    EXPECT_TRUE(inbox.kept().empty());
}

TEST(Inbox, KeepsWhatComesWhileSomethingIsKept) {
    Inbox inbox(k_limits);
    inbox.keep("abc");
    inbox.keep_last(1);
    inbox.keep("def");
    EXPECT_EQ(inbox.kept(), "cdef");
    inbox.forget_kept();
    EXPECT_TRUE(inbox.kept().empty());
}

TEST(Inbox, ReadsNoMoreWhileMuchIsKept) {
    Inbox inbox(k_limits);
    const std::string much(64u << 10, 'x');
    inbox.keep(std::string_view(much).substr(1));
    EXPECT_TRUE(inbox.wants_read());
    inbox.keep("x");
    EXPECT_FALSE(inbox.wants_read());
    inbox.keep_last(much.size() - 1);  // what counts is what is left to be read
    EXPECT_TRUE(inbox.wants_read());
}

TEST(Inbox, FreesTheFrontOfALongLine) {
    Inbox inbox(k_limits);
    const std::string part(64u << 10, 'x');
    inbox.keep(part + part + "abc");
    inbox.keep_last(3);
    EXPECT_EQ(inbox.kept(), "abc");
    inbox.keep("d");
    EXPECT_EQ(inbox.kept(), "abcd");
}

TEST(Inbox, HasOneReadUnderWayUntilTheInputEnds) {
    Inbox inbox(k_limits);
    EXPECT_TRUE(inbox.wants_read());
    inbox.read_begins();
    EXPECT_FALSE(inbox.wants_read());
    inbox.read_ends();
    EXPECT_TRUE(inbox.wants_read());
    EXPECT_FALSE(inbox.ended());
    inbox.end();
    EXPECT_TRUE(inbox.ended());
    EXPECT_FALSE(inbox.wants_read());
}

TEST(Inbox, ThrowsAwayOnlySoMuch) {
    Inbox inbox(k_limits);
    EXPECT_TRUE(inbox.throw_away(64u << 20));
    EXPECT_FALSE(inbox.throw_away(1));
}

TEST(WaitsForLeave, OnlyWithABodyOfWhichNothingHasCome) {
    http::Framing framing{.body = http::Body::counted, .length = 3, .expects_continue = true};
    EXPECT_TRUE(waits_for_leave(framing, false));
    EXPECT_FALSE(waits_for_leave(framing, true));
    framing.length = 0;
    EXPECT_FALSE(waits_for_leave(framing, false));
    framing.body = http::Body::chunked;
    EXPECT_TRUE(waits_for_leave(framing, false));
    framing.expects_continue = false;
    EXPECT_FALSE(waits_for_leave(framing, false));
}

}  // namespace
}  // namespace bellwether::front
