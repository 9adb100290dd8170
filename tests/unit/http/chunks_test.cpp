// Bodies in chunks: what is taken off, and what is refused.
#include "reading.hpp"

namespace bellwether::http {
namespace {

using namespace std::string_literals;

TEST(Chunks, AreJoined) {
    const std::string hello = "POST / 1.1 [hello] ";
    for (const char* body : {"5\r\nhello\r\n0\r\n\r\n", "1\r\nh\r\n4\r\nello\r\n0\r\n\r\n",
                             "005\r\nhello\r\n000\r\n\r\n", "5;a=b\r\nhello\r\n0;c=\"d e\"\r\n\r\n",
                             "5\r\nhello\r\n0\r\na: b\r\nc:\r\n\r\n"}) {
        EXPECT_EQ(read_cut(chunked(body)), hello) << body;
    }
    EXPECT_EQ(read_cut(chunked("A\r\n0123456789\r\n0\r\n\r\n")), "POST / 1.1 [0123456789] ");
    EXPECT_EQ(read_cut(chunked("0\r\n\r\n")), "POST / 1.1 [] ");
    EXPECT_EQ(read_cut(chunked("2\r\n\r\n\r\n0\r\n\r\n") + get("")),
              "POST / 1.1 [\r\n] GET / 1.1 [] ");
}

TEST(Chunks, AreRefusedIfDoubtful) {
    for (const std::string& body : {"\r\nhello\r\n0\r\n\r\n"s,
                                    "0x5\r\nhello\r\n0\r\n\r\n"s,
                                    "+5\r\nhello\r\n0\r\n\r\n"s,
                                    "-5\r\nhello\r\n"s,
                                    " 5\r\nhello\r\n"s,
                                    "5 \r\nhello\r\n"s,
                                    "5\t\r\nhello\r\n"s,
                                    "5 ;a\r\nhello\r\n"s,
                                    "g\r\nhello\r\n"s,
                                    "5,5\r\nhello\r\n"s,
                                    "5\nhello\r\n"s,
                                    "5\r\r\nhello\r\n"s,
                                    "5\rhello\r\n"s,
                                    "5\r\nhello\n0\r\n\r\n"s,
                                    "5\r\nhelloX\r\n0\r\n"s,
                                    "5\r\nhello0\r\n\r\n"s,
                                    "5\r\nhell\r\n0\r\n\r\n"s,
                                    "5\r\nhelloab0\r\n\r\n"s,
                                    "5;\0\r\nhello\r\n"s,
                                    "5;a\rb\r\nhello\r\n"s,
                                    "5;a\nb\r\nhello\r\n"s,
                                    "ffffffffffffffff\r\nx"s,
                                    "10000000000000000\r\nx"s,
                                    "0000000000000005\r\nhello\r\n"s,
                                    "0\r\na : b\r\n\r\n"s,
                                    "0\r\n b\r\n\r\n"s,
                                    "0\r\na: b\r\n c\r\n\r\n"s,
                                    "0\r\na: \0\r\n\r\n"s,
                                    "0\r\nab\r\n\r\n"s,
                                    "0\n\r\n"s,
                                    "0\r\n\n"s,
                                    "0\r\n\rx\n"s,
                                    "00000000000000000\r\n\r\n"s}) {
        EXPECT_EQ(read_cut(chunked(body)), "400") << body;
    }
}

TEST(Chunks, HaveNoEndWithoutTheLast) {
    EXPECT_EQ(read_cut(chunked("5\r\nhello\r\n")), "...");
    EXPECT_EQ(read_cut(chunked("0\r\n")), "...");
    EXPECT_EQ(read_cut(chunked("0\r\na: b\r\n")), "...");
}

TEST(Chunks, AreBounded) {
    const MessageLimits limits{.header_bytes = 100, .header_count = 3, .body_bytes = 8};
    EXPECT_EQ(read_cut(chunked("4\r\nabcd\r\n4\r\nefgh\r\n0\r\n\r\n"), limits),
              "POST / 1.1 [abcdefgh] ");
    EXPECT_EQ(read_cut(chunked("4\r\nabcd\r\n5\r\n"), limits), "413");
    EXPECT_EQ(read_cut(chunked("fffffffffffffff\r\n"), limits), "413");
    EXPECT_EQ(read_cut(chunked("0\r\na: " + std::string(100, 'b')), limits), "431");
    EXPECT_EQ(read_cut(chunked("0\r\na:1\r\nb:2\r\nc:3\r\nd:4\r\n\r\n"), limits), "431");
    EXPECT_EQ(read_all(chunked("1;" + std::string(5'000, 'a'))), "400");
    std::string endless;
    for (int i = 0; i < 1'000; ++i) endless += "1;" + std::string(100, 'a') + "\r\nx\r\n";
    EXPECT_EQ(read_all(chunked(endless)), "400");
}

}  // namespace
}  // namespace bellwether::http
