// The bytes of responses, and that nothing in a chunk can break the event stream.
#include "front/response.hpp"

#include <gtest/gtest.h>

#include "front/request_id.hpp"

namespace bellwether::front {
namespace {

std::string without_date(std::string text) {
    const auto at = text.find("date: ");
    return text.erase(at, text.find("\r\n", at) + 2 - at);
}

TEST(Response, CompleteReply) {
    std::string out;
    append_response(out, {.status = 404, .request_id = "r1", .extra = "a: b\r\n"}, "{}");
    EXPECT_EQ(without_date(out),
              "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\nx-request-id: r1\r\n"
              "a: b\r\ncontent-length: 2\r\n\r\n{}");
}

TEST(Response, HeadHasTheLengthAndNoBody) {
    std::string out;
    append_response(out, {}, "{}", true);
    EXPECT_TRUE(out.ends_with("content-length: 2\r\n\r\n"));
}

// RFC 9110, 8.6 and 15.3.5.
TEST(Response, OneWithoutContentHasNoLengthAndNoType) {
    std::string out;
    append_response(out, {.status = 204, .content_type = {}, .origin = "o: p\r\n"}, "");
    EXPECT_EQ(without_date(out), "HTTP/1.1 204 No Content\r\no: p\r\n\r\n");
}

TEST(Response, SaysWhenItCloses) {
    std::string out;
    append_response(out, {.keep_alive = false}, "");
    EXPECT_NE(out.find("connection: close\r\n"), std::string::npos);
}

TEST(Response, EventsAreOneDataLineEach) {
    std::string out;
    append_event(out, "{\"a\":1}", true);
    EXPECT_EQ(out, "f\r\ndata: {\"a\":1}\n\n\r\n");
}

TEST(Response, AnEventMayHaveAName) {
    std::string out;
    append_event(out, "ping", "{}", true);
    EXPECT_EQ(out, "16\r\nevent: ping\ndata: {}\n\n\r\n");
    out.clear();
    append_event(out, "ping", "{}", false);
    EXPECT_EQ(out, "event: ping\ndata: {}\n\n");
}

TEST(Response, BytesGoOutAsTheyAre) {
    std::string out;
    append_bytes(out, std::string_view("\0\r\n\n", 4), true);
    append_bytes(out, "", true);
    append_body_end(out, true);
    EXPECT_EQ(out, std::string("4\r\n\0\r\n\n\r\n0\r\n\r\n", 14))
        << "an empty chunk would be the end";
    out.clear();
    append_bytes(out, "ab", false);
    append_body_end(out, false);
    EXPECT_EQ(out, "ab");
}

TEST(Response, PrettyPrintedJsonStaysOneEvent) {
    std::string out;
    append_event(out, "{\r\n  \"a\": 1\n}", false);
    EXPECT_EQ(out, "data: {    \"a\": 1 }\n\n");
}

TEST(Response, ACommentIsAChunkOfItsOwn) {
    std::string out;
    append_comment(out, " waiting", true);
    EXPECT_EQ(out, "a\r\n: waiting\n\r\n") << "no blank line, at which some clients see an event";
    out.clear();
    append_comment(out, " waiting", false);
    EXPECT_EQ(out, ": waiting\n");
}

TEST(Response, TheBodyEndsRightAfterDone) {
    std::string out;
    append_stream_end(out, true);
    EXPECT_EQ(out, "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
}

TEST(RequestId, KeepsTheClientsIfItIsFit) {
    std::mt19937_64 random(1);
    EXPECT_EQ(request_id("trace-7", random), "trace-7");
    for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\"b"),
                                   std::string("a\r\nset-cookie: x"), std::string(129, 'a')}) {
        const std::string made = request_id(bad, random);
        EXPECT_TRUE(made.starts_with("req_")) << bad;
        EXPECT_EQ(made.size(), 28u);
    }
    EXPECT_NE(request_id("", random), request_id("", random));
}

}  // namespace
}  // namespace bellwether::front
