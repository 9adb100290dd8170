// Each way in which a head or a counted body can be wrong, and the status that it gets.
#include "reading.hpp"

namespace bellwether::http {
namespace {

using namespace std::string_literals;

std::string line(std::string_view first) { return std::string(first) + "\r\nhost: x\r\n\r\n"; }

TEST(Refusal, OfTheFirstLine) {
    for (const char* bad : {"GET /",
                            "GET",
                            "GET  / HTTP/1.1",
                            "GET / HTTP/1.1 ",
                            " GET / HTTP/1.1",
                            "GET /\tHTTP/1.1",
                            "GET / http/1.1",
                            "GET / HTTP/1.1x",
                            "GET / HTTP/11",
                            "GET / HTTP/1,1",
                            "GET / HTTP/1.",
                            "GET / XTTP/1.1",
                            "GET / a HTTP/1.1",
                            "G(T / HTTP/1.1",
                            "G\x01T / HTTP/1.1",
                            "GET x HTTP/1.1",
                            "GET * HTTP/1.1",
                            "GET /a#b HTTP/1.1",
                            "GET /\x7f HTTP/1.1",
                            "GET /\xc3\xa9 HTTP/1.1",
                            "GET /\" HTTP/1.1",
                            "GET /a\\b HTTP/1.1",
                            "GET /% HTTP/1.1",
                            "GET /%4 HTTP/1.1",
                            "GET /%zz HTTP/1.1",
                            "GET /?a=<b> HTTP/1.1",
                            "GET http:// HTTP/1.1",
                            "GET http:///x HTTP/1.1",
                            "GET ftp://x/ HTTP/1.1",
                            "GET http://u@x/ HTTP/1.1",
                            "GET http://x:99999/ HTTP/1.1",
                            "CONNECT x:443 HTTP/1.1",
                            "GET \x01 HTTP/1.1",
                            "GET /\rX HTTP/1.1"}) {
        EXPECT_EQ(read_cut(line(bad)), "400") << bad;
    }
    for (const char* other :
         {"GET / HTTP/2.0", "GET / HTTP/0.9", "PRI * HTTP/2.0", "GET / HTTP/9.1"}) {
        EXPECT_EQ(read_cut(line(other)), "505") << other;
    }
    EXPECT_EQ(read_cut(line("GET /\0 HTTP/1.1"s)), "400");
    EXPECT_EQ(read_cut("\x16\x03\x01\x02"), "400");
}

TEST(Refusal, NotOfTargetsThatAreOdd) {
    for (const char* target : {"/", "//x", "/a?b?c=/", "/%2F", "/a;b=c,d:e@f!$&'()*+~_.-",
                               "http://x", "HTTP://X:80/a?b", "https://[::1]/"}) {
        const std::string text = line("GET "s + target + " HTTP/1.1");
        EXPECT_EQ(read_cut(text), "GET "s + target + " 1.1 [] ");
    }
    EXPECT_EQ(read_cut(line("OPTIONS * HTTP/1.1")), "OPTIONS * 1.1 [] ");
    EXPECT_EQ(read_cut(line("GET / HTTP/1.7")), "GET / 1.1 [] ");
    EXPECT_EQ(read_cut("GET / HTTP/1.0\r\n\r\n"), "GET / 1.0 [] ");
}

TEST(Refusal, OfHeaderLines) {
    for (const std::string& bad :
         {"a : b\r\n"s,   "a\t: b\r\n"s, " a: b\r\n"s,   "a: b\r\n c\r\n"s,  "a: b\r\n\tc\r\n"s,
          ": b\r\n"s,     "a\r\n"s,      "a b: c\r\n"s,  "a(: b\r\n"s,       "\xc3\xa9: b\r\n"s,
          "a\0: b\r\n"s,  "a: \0\r\n"s,  "a: b\rc\r\n"s, "a: b\nc: d\r\n"s,  "a: \x01\r\n"s,
          "a: \x7f\r\n"s, "a: b\r\r\n"s, "a: b\n"s,      "a: \x1b[31m\r\n"s, "a\x0b: b\r\n"s,
          "\"a\": b\r\n"s}) {
        EXPECT_EQ(read_cut(get(bad)), "400") << bad;
    }
    EXPECT_EQ(read_cut(get("a:b\r\nb:\r\nc: \t \r\nd: \xc3\xa9\tx\r\n!#$%&'*+-.^_`|~: x\r\n")),
              "GET / 1.1 [] ");
}

TEST(Refusal, OfTheHost) {
    EXPECT_EQ(read_cut("GET / HTTP/1.1\r\n\r\n"), "400");
    EXPECT_EQ(read_cut(get("host: x\r\n")), "400");
    EXPECT_EQ(read_cut("GET / HTTP/1.0\r\nhost: x\r\nHost: y\r\n\r\n"), "400");
    for (const char* bad : {"", "a b", "a,b", "u@x", "x:", "x:y", "x:-1", "x:65536", "http://x",
                            "x/y", "[::1", "[]", "[x]", "::1", "x:80:80", "\"x\"", "[::1]x"}) {
        if (std::string_view(bad) == "x:") continue;  // an empty port is allowed
        EXPECT_EQ(read_cut("GET / HTTP/1.1\r\nhost: "s + bad + "\r\n\r\n"), "400") << bad;
    }
    for (const char* good : {"x", "x:", "x:65535", "[::1]:80", "127.0.0.1", "a-b_c.d~", "%41"}) {
        EXPECT_EQ(read_cut("GET / HTTP/1.1\r\nhost: "s + good + "\r\n\r\n"), "GET / 1.1 [] ")
            << good;
    }
}

TEST(Refusal, OfLengths) {
    for (const char* bad :
         {"", "+5", "-5", "5 5", "5,5", "5, 5", "0x5", "5x", "five", "5.0", "18446744073709551616",
          "99999999999999999999", "00000000000000000005"}) {
        EXPECT_EQ(read_cut(post("content-length: "s + bad + "\r\n", "12345")), "400") << bad;
    }
    EXPECT_EQ(read_cut(post("content-length: 2\r\ncontent-length: 2\r\n", "ab")), "400");
    EXPECT_EQ(read_cut(post("content-length: 2\r\ncontent-length: 3\r\n", "ab")), "400");
    EXPECT_EQ(read_cut(post("content-length: 9999999999999999999\r\n", "")), "413");
    EXPECT_EQ(read_cut(post("content-length: 5\r\n", "abcdX"), {.body_bytes = 4}), "413");
    EXPECT_EQ(read_cut(post("content-length: 4\r\n", "abcd"), {.body_bytes = 4}),
              "POST / 1.1 [abcd] ");
    EXPECT_EQ(read_cut(post("", "")), "411");
    EXPECT_EQ(read_cut(post("content-length: 3\r\n", "ab")), "...");
    EXPECT_EQ(read_cut(get("content-length: 2\r\n") + "ab"), "GET / 1.1 [ab] ");
}

TEST(Refusal, OfTransferCodings) {
    for (const char* coding : {"xchunked", "chunked, identity", "gzip, chunked", "identity", "",
                               "chunked;x", "\"chunked\"", "chunked,"}) {
        EXPECT_EQ(read_cut(post("transfer-encoding: "s + coding + "\r\n", "")), "501") << coding;
    }
    EXPECT_EQ(read_cut(chunked("")), "...");
    EXPECT_EQ(read_cut(post("transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", "")),
              "501");
    EXPECT_EQ(read_cut(post("transfer-encoding: chunked\r\ncontent-length: 5\r\n", "")), "400");
    EXPECT_EQ(read_cut(post("content-length: 5\r\ntransfer-encoding: x\r\n", "")), "400");
    EXPECT_EQ(read_cut("POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), "400");
}

TEST(Refusal, OfExpectations) {
    EXPECT_EQ(read_cut(get("expect: 200-ok\r\n")), "417");
    EXPECT_EQ(read_cut(get("expect: 100-Continue\r\n")), "GET / 1.1 [] ");
    EXPECT_EQ(read_cut("GET / HTTP/1.0\r\nexpect: x\r\n\r\n"), "GET / 1.0 [] ");
}

TEST(Refusal, OfWhatIsTooLong) {
    const MessageLimits limits{.request_line_bytes = 30, .header_bytes = 60, .header_count = 4};
    EXPECT_EQ(read_cut("GET /" + std::string(14, 'a') + " HTTP/1.1\r\nhost: x\r\n\r\n", limits),
              "GET /" + std::string(14, 'a') + " 1.1 [] ");
    EXPECT_EQ(read_cut("GET /" + std::string(15, 'a') + " HTTP/1.1\r\nhost: x\r\n\r\n", limits),
              "414");
    EXPECT_EQ(read_cut(std::string(40, 'A'), limits), "414");
    EXPECT_EQ(read_cut(get("a: " + std::string(60, 'b') + "\r\n"), limits), "431");
    EXPECT_EQ(read_cut(get(std::string(60, 'b')), limits), "431");
    EXPECT_EQ(read_cut(get("a: b\r\na: b\r\na: b\r\n"), limits), "GET / 1.1 [] ");
    EXPECT_EQ(read_cut(get("a: b\r\na: b\r\na: b\r\na: b\r\n"), limits), "431");
}

TEST(Refusal, IsForGood) {
    const MessageLimits limits;
    RequestParser parser(limits);
    std::string_view bad = "GET / HTTP/1.1\r\n\r\n";
    EXPECT_EQ(parser.feed(bad), ParseStep::refused);
    std::string_view good = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    EXPECT_EQ(parser.feed(good), ParseStep::refused);
}

}  // namespace
}  // namespace bellwether::http
