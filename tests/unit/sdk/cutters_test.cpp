// The testing host cuts AWS event streams and JSON arrays as the host does, at whatever bytes they
// arrive.
#include <gtest/gtest.h>

#include <bellwether/testing/framer.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace bw::testing {
namespace {

struct Cut {
    std::vector<std::string> frames;  // "event|payload"
    std::vector<Headers> headers;
    bool whole = false;
    std::string problem;
};

Cut cut(std::uint32_t kind, std::string_view body, std::size_t bytes = 0, std::size_t stop = 0) {
    Cut out;
    const auto deliver = [&](const bw_frame& frame) {
        EXPECT_EQ(frame.kind, kind);
        out.frames.push_back(std::string(detail::to_view(frame.event)) + "|" +
                             std::string(detail::to_view(frame.data)));
        Headers& headers = out.headers.emplace_back();
        for (std::size_t i = 0; i < frame.header_count; ++i) {
            headers.emplace_back(detail::to_view(frame.headers[i].name),
                                 detail::to_view(frame.headers[i].value));
        }
        return out.frames.size() != stop;
    };
    Framer framer(kind, 200, false, deliver);
    bool going = true;
    while (going && bytes != 0 && body.size() > bytes) {
        going = framer.feed(body.substr(0, bytes));
        body.remove_prefix(bytes);
    }
    out.whole = going && framer.feed(body) && framer.finish();
    out.problem = framer.problem();
    return out;
}
Cut cut_aws(std::string_view body, std::size_t bytes = 0) { return cut(BW_FRAME_AWS, body, bytes); }
Cut cut_items(std::string_view body, std::size_t bytes = 0) {
    return cut(BW_FRAME_ITEM, body, bytes);
}

// A message whose headers are given as they stand on the wire.
std::string raw_message(std::string_view headers, std::string_view payload = "{}") {
    using detail::big_endian_bytes;
    std::string whole = big_endian_bytes(16 + headers.size() + payload.size(), 4) +
                        big_endian_bytes(headers.size(), 4);
    whole += big_endian_bytes(detail::crc32(whole), 4);
    whole.append(headers).append(payload);
    return whole + big_endian_bytes(detail::crc32(whole), 4);
}
std::string prelude(std::uint64_t message_bytes, std::uint64_t header_bytes) {
    using detail::big_endian_bytes;
    const std::string lengths =
        big_endian_bytes(message_bytes, 4) + big_endian_bytes(header_bytes, 4);
    return lengths + big_endian_bytes(detail::crc32(lengths), 4);
}

TEST(AwsCutter, KnowsTheChecksum) { EXPECT_EQ(detail::crc32("123456789"), 0xCBF43926u); }

TEST(AwsCutter, GivesMessagesAtAnyCut) {
    const std::string body = aws_event("a", R"({"x":1})") + aws_message({}, "") +
                             aws_exception("bad", "{}") +
                             aws_message({{":message-type", "error"}, {":error-code", "E"}}, "");
    const std::vector<std::string> expected = {R"(a|{"x":1})", "|", "bad|{}", "E|"};
    for (std::size_t bytes = 0; bytes <= body.size(); ++bytes) {
        const Cut out = cut_aws(body, bytes);
        EXPECT_TRUE(out.whole) << out.problem;
        EXPECT_EQ(out.frames, expected) << bytes;
        ASSERT_EQ(out.headers.size(), 4U);
        EXPECT_EQ(out.headers[3], (Headers{{":message-type", "error"}, {":error-code", "E"}}));
    }
}

TEST(AwsCutter, GivesTheRecordedStream) {
    std::ifstream file(BELLWETHER_SOURCE_DIR
                       "/tests/upstream/vendors/recorded/bedrock/stream.eventstream",
                       std::ios::binary);
    const std::string body((std::istreambuf_iterator<char>(file)), {});
    const Cut out = cut_aws(body, 5);
    EXPECT_TRUE(out.whole) << out.problem;
    ASSERT_EQ(out.frames.size(), 8U);
    EXPECT_EQ(out.frames[0], R"(messageStart|{"role":"assistant","p":"abcd"})");
    EXPECT_EQ(out.headers[0][1].second, "application/json");
}

TEST(AwsCutter, MakesTextOfEveryType) {
    using namespace std::string_literals;
    const std::string headers =
        "\1a\0"s + "\1b\1"s + "\1c\2\xFE"s + "\1d\3\xFF\xFE"s + "\1e\4\0\1\0\0"s +
        "\1f\5\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s + "\1g\6\0\3abc"s + "\1h\7\0\2hi"s + "\1i\x08"s +
        detail::big_endian_bytes(1'782'907'200'123, 8) + "\1j\x09"s +
        "\x01\x23\x45\x67\x89\xAB\xCD\xEF\x01\x23\x45\x67\x89\xAB\xCD\xEF"s + "\1k\x08"s +
        detail::big_endian_bytes(951'782'400'000, 8) + "\1l\x08"s + std::string(8, '\xFF');
    const Cut out = cut_aws(raw_message(headers));
    ASSERT_TRUE(out.whole) << out.problem;
    const Headers expected = {{"a", "true"},
                              {"b", "false"},
                              {"c", "-2"},
                              {"d", "-2"},
                              {"e", "65536"},
                              {"f", "-1"},
                              {"g", "YWJj"},
                              {"h", "hi"},
                              {"i", "2026-07-01T12:00:00.123Z"},
                              {"j", "01234567-89ab-cdef-0123-456789abcdef"},
                              {"k", "2000-02-29T00:00:00.000Z"},
                              {"l", "-1"}};
    EXPECT_EQ(out.headers[0], expected);
}

TEST(AwsCutter, RefusesWhatTheHostRefuses) {
    const std::string good = aws_event("a", "{}");
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string damaged = good;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
        EXPECT_FALSE(cut_aws(damaged).whole) << at;
        EXPECT_FALSE(cut_aws(damaged, 1).problem.empty()) << at;
    }
    for (std::size_t size = 1; size < good.size(); ++size) {
        EXPECT_FALSE(cut_aws(std::string_view(good).substr(0, size)).whole) << size;
    }
    EXPECT_FALSE(cut_aws(prelude(15, 0)).whole) << "too short";
    EXPECT_FALSE(cut_aws(prelude(40, 25)).whole) << "headers beyond the end";
    EXPECT_FALSE(cut_aws(prelude((16 << 20) + 1, 0)).whole) << "too large";
    EXPECT_FALSE(cut_aws(prelude(1 << 20, (128 << 10) + 1)).whole) << "too many headers";
    for (const std::string_view headers :
         {std::string_view("\1", 1), std::string_view("\1a", 2), std::string_view("\0\7\0\0", 4),
          std::string_view("\1a\x0A", 3), std::string_view("\1a\7\0\5abc", 8),
          std::string_view("\1a\4\0\0", 5), std::string_view("\1a\6\0", 4)}) {
        EXPECT_FALSE(cut_aws(raw_message(headers)).whole);
    }
    EXPECT_TRUE(cut_aws("").whole) << "no message is an empty stream";
}

TEST(ItemCutter, GivesElementsAtAnyCut) {
    const std::string body =
        "\xEF\xBB\xBF [ {\"a\":[1,{\"b\":\"]}\\\"\"}]} ,[], \"x,\\\\\" , 12 ,true,null ] \r\n";
    const std::vector<std::string> expected = {
        "|{\"a\":[1,{\"b\":\"]}\\\"\"}]}", "|[]", "|\"x,\\\\\"", "|12", "|true", "|null"};
    for (std::size_t bytes = 0; bytes <= body.size(); ++bytes) {
        const Cut out = cut_items(body, bytes);
        EXPECT_TRUE(out.whole) << out.problem;
        EXPECT_EQ(out.frames, expected) << bytes;
    }
    EXPECT_TRUE(cut_items("[]").whole);
    EXPECT_EQ(cut_items("[1]").frames, std::vector<std::string>{"|1"});
    EXPECT_EQ(cut_items("[{}").frames, std::vector<std::string>{"|{}"}) << "as soon as it has come";
}

TEST(ItemCutter, RefusesWhatTheHostRefuses) {
    for (const char* const wrong :
         {"",           "  ",    "{}",   "[",        "[1",   "[1,",   "[1,]",
          "[,1]",       "[1 2]", "[1]2", "[{}{}]",   "[}]",  "[nul]", "[\"a]",
          "[{\"a\":}]", "[1}",   "[]]",  "[\"a\"b]", "[{]]", "x"}) {
        const Cut out = cut_items(wrong);
        EXPECT_FALSE(out.whole) << wrong;
        EXPECT_FALSE(out.problem.empty()) << wrong;
        EXPECT_FALSE(cut_items(wrong, 1).whole) << wrong;
    }
}

TEST(Cutters, StopWhereThePluginDoes) {
    const Cut items = cut(BW_FRAME_ITEM, "[1,2,3]", 0, 2);
    EXPECT_EQ(items.frames.size(), 2U);
    EXPECT_TRUE(items.problem.empty());
    const std::string body = aws_event("a", "{}") + aws_event("b", "{}");
    const Cut messages = cut(BW_FRAME_AWS, body, 0, 1);
    EXPECT_EQ(messages.frames.size(), 1U);
    EXPECT_TRUE(messages.problem.empty());
}

}  // namespace
}  // namespace bw::testing
