// The parser of server-sent events: the standard's rules, at every possible cut.
#include <gtest/gtest.h>

#include <bellwether/sse.hpp>
#include <string>
#include <vector>

namespace {

using bw::SseEvent;
using bw::SseParser;

// Events as "name|data", after all of `parts`.
std::vector<std::string> parse(const std::vector<std::string_view>& parts,
                               std::size_t max = 4 << 20) {
    std::vector<std::string> events;
    const auto sink = [&](const SseEvent& event) {
        events.push_back(std::string(event.event) + "|" + std::string(event.data));
    };
    SseParser parser(max);
    for (const std::string_view part : parts) {
        // An exact copy, so that the sanitizer sees a read past its end or after its life.
        const std::vector<char> bytes(part.begin(), part.end());
        if (!parser.feed(std::string_view(bytes.data(), bytes.size()), sink)) {
            events.emplace_back("too large");
            return events;
        }
    }
    if (!parser.finish(sink)) events.emplace_back("too large");
    return events;
}

void expect(std::string_view stream, const std::vector<std::string>& events) {
    EXPECT_EQ(parse({stream}), events);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
        EXPECT_EQ(parse({stream.substr(0, cut), stream.substr(cut)}), events) << "cut at " << cut;
    }
    std::vector<std::string_view> bytes;
    for (std::size_t i = 0; i < stream.size(); ++i) bytes.push_back(stream.substr(i, 1));
    EXPECT_EQ(parse(bytes), events) << "byte by byte";
}

TEST(Sse, OneEvent) { expect("data: hello\n\n", {"|hello"}); }
TEST(Sse, ThaiAndChinese) {
    expect("data: {\"t\":\"สวัสดีชาวโลก\"}\n\ndata: {\"t\":\"你好，世界\"}\r\n\r\n",
           {"|{\"t\":\"สวัสดีชาวโลก\"}", "|{\"t\":\"你好，世界\"}"});
}
TEST(Sse, LineEndsMayBeMixed) {
    expect("data: a\r\rdata: b\n\r\ndata: c\r\n\n", {"|a", "|b", "|c"});
}
TEST(Sse, CarriageReturnAlone) { expect("data: a\rdata: b\r\rdata: c\r\r", {"|a\nb", "|c"}); }
TEST(Sse, LinesOfDataAreJoined) { expect("data: a\ndata:\ndata: b\n\n", {"|a\n\nb"}); }
TEST(Sse, ANameAfterDataIsTheNextEventsWhereOneBegins) {
    expect("event: a\ndata: {\"x\":1}\nevent: b\ndata: {\"y\":2}\n\n",
           {"a|{\"x\":1}", "b|{\"y\":2}"});
    expect("data: {\"x\":1}\nevent: b\n\ndata: z\n\n", {"b|{\"x\":1}", "|z"});
    expect("data: [\nevent: b\ndata: ]\ndata: {}\n\n", {"b|[\n]", "|{}"});
}
TEST(Sse, TwoEmptyDataLines) { expect("data:\ndata:\n\n", {"|\n"}); }
TEST(Sse, DataWithoutColon) { expect("data\n\n", {"|"}); }
TEST(Sse, OneLeadingSpaceIsDropped) { expect("data:  a\n\ndata:b\n\n", {"| a", "|b"}); }
TEST(Sse, ColonsInData) { expect("data: a:b: c\n\n", {"|a:b: c"}); }
TEST(Sse, CommentsAloneAreNoEvent) { expect(": keep-alive\n\n:\n\n: x\r\n\r\n", {}); }
TEST(Sse, CommentWithinAnEvent) { expect("data: a\n: note\ndata: b\n\n", {"|a\nb"}); }
TEST(Sse, NameWithoutDataIsNoEventAndIsForgotten) { expect("event: ping\n\ndata: a\n\n", {"|a"}); }
TEST(Sse, LastNameWins) { expect("event: a\nevent: b\ndata: x\n\ndata: y\n\n", {"b|x", "|y"}); }
TEST(Sse, UnknownFieldsAreIgnored) {
    expect("id: 1\nretry: 10\nDATA: no\ndatax: no\n data: no\ndata: yes\n\n", {"|yes"});
}
TEST(Sse, IdWithNul) { expect(std::string_view("id: a\0b\ndata: x\n\n", 17), {"|x"}); }
TEST(Sse, ByteOrderMarkBeforeALineIsDropped) {
    expect(
        "\xEF\xBB\xBF"
        "data: a\n\n",
        {"|a"});
    expect(
        "\xEF\xBB\xBF\xEF\xBB\xBF"
        "data: a\n\ndata: b\n\n",
        {"|a", "|b"});
    expect(
        "data: a\n\n\xEF\xBB\xBF"
        "data: b\n\n",
        {"|a", "|b"});
    expect(
        "\xEF\xBB"
        "data: a\n\ndata: b\n\n",
        {"|b"});
}
TEST(Sse, WholeObjectsDividedBySingleLineEndsAreEvents) {
    expect("data: {\"a\":1}\ndata: {\"b\":[2]}\ndata: [DONE]\n\n",
           {"|{\"a\":1}", "|{\"b\":[2]}", "|[DONE]"});
    expect("data: {}\r\ndata: {}\r\rdata: {}\rdata: \"[DONE]\"",
           {"|{}", "|{}", "|{}", "|\"[DONE]\""});
    expect("data: {\"a\":\"}\"\ndata: {}}\n\n", {"|{\"a\":\"}\"\n{}}"});
    expect("data: {\"a\":\"x\ndata: {}\n\n", {"|{\"a\":\"x", "|{}"});
    expect("event: x\ndata: {}\ndata: {}\n\n", {"x|{}", "|{}"});
}
TEST(Sse, OneObjectOverSeveralLinesIsOneEvent) {
    expect("data: {\ndata: \"a\": {},\ndata: \"b\":\ndata: {}\ndata: }\n\n",
           {"|{\n\"a\": {},\n\"b\":\n{}\n}"});
    expect("data: {}\ndata: x\n\n", {"|{}\nx"});
}
TEST(Sse, ManyLinesOfOneObjectTakeNoTime) {
    std::string stream = "data: [\n";
    for (int i = 0; i < 200'000; ++i) stream += "data: {},\n";
    EXPECT_EQ(parse({stream + "data: {}]\n\n"}).size(), 1u);
}
TEST(Sse, EndWithoutBlankLineStillDelivers) {
    expect("data: [DONE]", {"|[DONE]"});
    expect("data: a\n\ndata: b\n", {"|a", "|b"});
    expect("data: a\ndata: b", {"|a\nb"});
    expect("event: x", {});
}
TEST(Sse, NothingAtAll) {
    expect("", {});
    expect("\n\r\n\r\n", {});
}
TEST(Sse, BytesThatAreNoUtf8StayAsTheyAre) { expect("data: \xFF\xE0\n\n", {"|\xFF\xE0"}); }

TEST(Sse, LongLines) {
    const std::string line(10 << 20, 'x');
    const std::string stream = "data: " + line + "\n\n";
    EXPECT_EQ(parse({stream}, 16 << 20), std::vector<std::string>{"|" + line});
    EXPECT_EQ(parse({stream.substr(0, 5 << 20), stream.substr(5 << 20)}, 16 << 20),
              std::vector<std::string>{"|" + line});
}

TEST(Sse, LimitHoldsHoweverTheBytesArrive) {
    const auto stopped = [](const std::vector<std::string>& events) {
        return !events.empty() && events.back() == "too large";
    };
    for (const std::string stream : {"data: 0123456789abcdef\n\n", "data: 0123456789ab",
                                     "data: 012345678\ndata: 0123456\n\n", ":0123456789abcdef\n"}) {
        EXPECT_TRUE(stopped(parse({stream}, 16))) << stream;
        for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
            const std::string_view view(stream);
            EXPECT_TRUE(stopped(parse({view.substr(0, cut), view.substr(cut)}, 16))) << cut;
        }
    }
    EXPECT_EQ(parse({"data: 0123456789\n\ndata: 0123456789\n\n"}, 16),
              (std::vector<std::string>{"|0123456789", "|0123456789"}));
}

TEST(Sse, HandsOutViewsIntoTheBytesFed) {
    const std::string bytes = "event: e\ndata: hello\n\n";
    SseParser parser;
    int events = 0;
    EXPECT_TRUE(parser.feed(bytes, [&](const SseEvent& event) {
        EXPECT_EQ(event.data.data(), bytes.data() + 15);
        EXPECT_EQ(event.event.data(), bytes.data() + 7);
        ++events;
    }));
    EXPECT_EQ(events, 1);
}

TEST(Sse, StopsWhenTheSinkSaysSoAndGoesOn) {
    const std::string bytes = "data: a\r\n\r\ndata: b\r\n\r\ndata: c\r\n\r\n";
    SseParser parser;
    std::string seen;
    std::string_view rest = bytes;
    int stops = 0;
    while (!parser.feed(rest, [&](const SseEvent& event) {
        seen += event.data;
        return false;
    })) {
        ASSERT_FALSE(parser.too_large());
        ASSERT_LT(++stops, 5);
        rest.remove_prefix(parser.consumed());
    }
    EXPECT_EQ(seen, "abc");
    EXPECT_EQ(stops, 3);
    EXPECT_EQ(parser.consumed(), rest.size());
}

}  // namespace
