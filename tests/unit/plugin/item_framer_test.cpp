// Elements come as soon as they are complete, and the same however the network cut the bytes.
#include "plugin/framing/item_framer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framing.hpp"

namespace bellwether::plugin {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> elements(std::string_view body) {
    const Framed result = framed(FrameKind::item, body);
    EXPECT_TRUE(result.good) << result.problem;
    expect_same_at_every_split(FrameKind::item, body);
    std::vector<std::string> texts;
    for (const SeenFrame& frame : result.frames) texts.push_back(frame.data);
    return texts;
}

std::string problem_of(std::string_view body) {
    const Framed result = framed(FrameKind::item, body);
    EXPECT_FALSE(result.good) << body;
    EXPECT_FALSE(result.too_large) << body;
    expect_same_at_every_split(FrameKind::item, body);
    return result.problem;
}

using Texts = std::vector<std::string>;

TEST(ItemFramer, ElementsAreTheSameAtEverySplit) {
    EXPECT_EQ(elements("[{\"a\":[1,{\"b\":\"]}\\\"\\\\\"}]}\n,\r\n {\"t\":\"สวัสดี\"}\n]\n"),
              (Texts{"{\"a\":[1,{\"b\":\"]}\\\"\\\\\"}]}", "{\"t\":\"สวัสดี\"}"}));
}

TEST(ItemFramer, ElementsMayBeOfAnyKind) {
    EXPECT_EQ(elements(R"( [1, -2.5e3,"a,]\"b" ,true,null,[],{},[[]],"" ] )"),
              (Texts{"1", "-2.5e3", R"("a,]\"b")", "true", "null", "[]", "{}", "[[]]", R"("")"}));
    EXPECT_EQ(elements("[]"), Texts());
    EXPECT_EQ(elements("\xEF\xBB\xBF[ \n]"), Texts());
}

TEST(ItemFramer, AnElementIsGivenWithItsLastByte) {
    int given = 0;
    Framer framer([&given](const Frame&) {
        ++given;
        return true;
    });
    framer.begin(FrameKind::item, false);
    EXPECT_TRUE(framer.feed("[{\"a\":1"));
    EXPECT_EQ(given, 0);
    EXPECT_TRUE(framer.feed("}"));
    EXPECT_EQ(given, 1);
    EXPECT_TRUE(framer.feed(",\"b\""));
    EXPECT_EQ(given, 2);
    EXPECT_TRUE(framer.feed(",12"));
    EXPECT_EQ(given, 2) << "a number may go on";
    EXPECT_TRUE(framer.feed(" "));
    EXPECT_EQ(given, 3);
    EXPECT_TRUE(framer.counts_bytes());
    EXPECT_FALSE(framer.is_whole());
}

TEST(ItemFramer, TextAroundTheArrayIsRefused) {
    EXPECT_EQ(problem_of("{\"error\":1}"), "the body is not a JSON array");
    EXPECT_EQ(problem_of("x[1]"), "the body is not a JSON array");
    EXPECT_EQ(problem_of("[1]x"), "the body goes on after the end of its JSON array");
    EXPECT_EQ(problem_of("[1][2]"), "the body goes on after the end of its JSON array");
    EXPECT_EQ(problem_of("[],"), "the body goes on after the end of its JSON array");
}

TEST(ItemFramer, MistakesWithinTheArrayAreTold) {
    EXPECT_THAT(problem_of("[1,]"), HasSubstr("is missing"));
    EXPECT_THAT(problem_of("[,1]"), HasSubstr("is missing"));
    EXPECT_THAT(problem_of("[1 2]"), HasSubstr("neither a comma"));
    EXPECT_THAT(problem_of("[\"a\"1]"), HasSubstr("neither a comma"));
    EXPECT_THAT(problem_of("[{}}]"), HasSubstr("neither a comma"));
    EXPECT_THAT(problem_of("[tru]"), HasSubstr("no valid JSON"));
    EXPECT_THAT(problem_of("[{]]"), HasSubstr("no valid JSON"));
    EXPECT_THAT(problem_of("[{\"a\"}]"), HasSubstr("no valid JSON"));
    EXPECT_THAT(problem_of("[\"\n\"]"), HasSubstr("no valid JSON"));
    EXPECT_THAT(problem_of("[" + std::string(65, '[') + std::string(65, ']') + "]"),
                HasSubstr("64 levels"));
}

TEST(ItemFramer, AnArrayThatEndsEarlyIsTold) {
    EXPECT_EQ(problem_of(""), "the body has no JSON array");
    EXPECT_EQ(problem_of(" \n"), "the body has no JSON array");
    const std::string_view whole = R"([{"a":"\""},2])";
    for (std::size_t size = 1; size < whole.size(); ++size) {
        EXPECT_EQ(problem_of(whole.substr(0, size)), "the JSON array ends early") << size;
    }
}

TEST(ItemFramer, AnEndlessElementIsRefused) {
    for (const std::string_view begin : {"[\"", "[{", "[1"}) {
        Framer framer([](const Frame&) { return true; });
        framer.begin(FrameKind::item, false);
        const std::string megabyte(1u << 20, '1');
        bool going = framer.feed(begin);
        int fed = 0;
        for (; fed < 20 && going; ++fed) going = framer.feed(megabyte);
        EXPECT_FALSE(going);
        EXPECT_EQ(fed, 16);
        EXPECT_TRUE(framer.too_large());
        EXPECT_THAT(framer.problem(), HasSubstr("larger than 16 MiB"));
    }
}

TEST(ItemFramer, AnErrorsBodyComesWhole) {
    std::string data;
    Framer framer([&data](std::uint32_t kind, std::string_view body, std::string_view) {
        EXPECT_EQ(kind, abi_kind_of(FrameKind::whole));
        data = body;
        return true;
    });
    framer.begin(FrameKind::item, true);
    EXPECT_TRUE(framer.feed("[{\"error\":1}]"));
    EXPECT_TRUE(framer.finish());
    EXPECT_EQ(data, "[{\"error\":1}]");
    EXPECT_TRUE(framer.is_error_reply());
}

TEST(FrameKinds, EachHasItsOwnNumberInTheAbi) {
    for (const FrameKind kind : {FrameKind::whole, FrameKind::raw, FrameKind::sse, FrameKind::line,
                                 FrameKind::aws, FrameKind::item}) {
        EXPECT_EQ(frame_kind_of(abi_kind_of(kind)), kind);
    }
    EXPECT_FALSE(frame_kind_of(77));
}

}  // namespace
}  // namespace bellwether::plugin
