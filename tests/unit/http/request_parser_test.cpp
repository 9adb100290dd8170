// Heads and counted bodies; whatever can be understood in two ways is refused.
#include "reading.hpp"

namespace bellwether::http {
namespace {

TEST(RequestParser, ReadsARequest) {
    const MessageLimits limits;
    RequestParser parser(limits);
    EXPECT_FALSE(parser.begun());
    std::string_view bytes =
        "POST /v1/models?a=b HTTP/1.1\r\nHost: Example:80\r\nX-One:  two words\t \r\nx-one: 2\r\n"
        "content-length: 4\r\n\r\nbodyGET";
    EXPECT_EQ(parser.feed(bytes), ParseStep::head);
    EXPECT_EQ(bytes, "bodyGET");
    EXPECT_TRUE(parser.begun());
    EXPECT_EQ(parser.feed(bytes), ParseStep::request);
    EXPECT_EQ(bytes, "GET");
    const IncomingRequest& request = parser.request();
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/v1/models?a=b");
    EXPECT_EQ(request.path, "/v1/models");
    EXPECT_EQ(request.authority, "Example:80");
    EXPECT_EQ(request.version, Version::http_1_1);
    EXPECT_EQ(request.body, "body");
    EXPECT_EQ(request.header("x-one"), "two words");
    EXPECT_EQ(request.header("none"), "");
    ASSERT_EQ(request.fields.size(), 4u);
    EXPECT_EQ(request.fields[1].name, "x-one");
    parser.restart();
    EXPECT_FALSE(parser.begun());
    EXPECT_EQ(parser.feed(bytes), ParseStep::more);
    EXPECT_TRUE(parser.begun());
}

TEST(RequestParser, ReadsRequestsInARow) {
    EXPECT_EQ(read_cut(get("") + post("content-length: 2\r\n", "ab") + get("x: y\r\n")),
              "GET / 1.1 [] POST / 1.1 [ab] GET / 1.1 [] ");
}

TEST(RequestParser, SkipsAFewEmptyLines) {
    EXPECT_EQ(read_cut("\r\n" + get("") + "\r\n\r\n" + get("")), "GET / 1.1 [] GET / 1.1 [] ");
    EXPECT_EQ(read_cut("\r\n\r\n\r\n" + get("")), "400");
    EXPECT_EQ(read_cut("\n" + get("")), "400");
    EXPECT_EQ(read_cut("\r\r\n" + get("")), "400");
}

TEST(RequestParser, KnowsWhatTheConnectionIsToBe) {
    const auto keeps = [](std::string_view version, std::string_view fields) {
        const MessageLimits limits;
        RequestParser parser(limits);
        const std::string text =
            "GET / HTTP/" + std::string(version) + "\r\nhost: x\r\n" + std::string(fields) + "\r\n";
        std::string_view bytes = text;
        EXPECT_EQ(parser.feed(bytes), ParseStep::head);
        return parser.framing().keep_alive;
    };
    EXPECT_TRUE(keeps("1.1", ""));
    EXPECT_TRUE(keeps("1.1", "connection: upgrade\r\n"));
    EXPECT_FALSE(keeps("1.1", "connection: Close\r\n"));
    EXPECT_FALSE(keeps("1.1", "connection: keep-alive , close\r\n"));
    EXPECT_FALSE(keeps("1.1", "connection: close\r\nconnection: keep-alive\r\n"));
    EXPECT_FALSE(keeps("1.0", ""));
    EXPECT_TRUE(keeps("1.0", "connection: ,,Keep-Alive\r\n"));
}

}  // namespace
}  // namespace bellwether::http
