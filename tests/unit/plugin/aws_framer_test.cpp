// Messages are the same however the network cut the bytes, and one that was damaged is never given.
#include "plugin/framing/aws_framer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws_stream.hpp"
#include "framing.hpp"
#include "plugin/framing/aws_message.hpp"

namespace bellwether::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::string unhexed(std::string_view digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
    }
    return bytes;
}

// As other programs write them: an empty message, one with a payload, one with a header, too.
TEST(AwsFramer, ReadsWhatOthersWrite) {
    EXPECT_EQ(framed(FrameKind::aws, unhexed("000000100000000005c248eb7d98c8ff")),
              (Framed{.frames = {{}}}));
    EXPECT_EQ(framed(FrameKind::aws, unhexed("0000001d00000000fd528c5a7b27666f6f273a27626172277d"
                                             "c3653936")),
              (Framed{.frames = {{"{'foo':'bar'}"}}}));
    EXPECT_EQ(framed(FrameKind::aws,
                     unhexed("0000003d0000002007fd83960c636f6e74656e742d74797065070010617070"
                             "6c69636174696f6e2f6a736f6e7b27666f6f273a27626172277d8d9c08b1")),
              (Framed{.frames = {{"{'foo':'bar'}", "", {{"content-type", "application/json"}}}}}));
}

TEST(AwsFramer, MessagesAreTheSameAtEverySplit) {
    const std::string body = aws_event("messageStart", R"({"role":"assistant"})") +
                             aws_event("contentBlockDelta", R"({"delta":{"text":"สวัสดี"}})") +
                             aws_message("", "") + aws_event("messageStop", "{}");
    const Framed whole = framed(FrameKind::aws, body);
    ASSERT_TRUE(whole.good) << whole.problem;
    ASSERT_EQ(whole.frames.size(), 4u);
    EXPECT_EQ(whole.frames[0].event, "messageStart");
    EXPECT_EQ(whole.frames[1].data, R"({"delta":{"text":"สวัสดี"}})");
    EXPECT_EQ(whole.frames[3].event, "messageStop");
    expect_same_at_every_split(FrameKind::aws, body);
}

TEST(AwsFramer, AnExceptionIsNamedAsOne) {
    const std::string exception =
        aws_message(aws_text(":message-type", "exception") + aws_text(":event-type", "not this") +
                        aws_text(":exception-type", "throttling"),
                    R"({"message":"slow down"})");
    const std::string error =
        aws_message(aws_text(":error-code", "InternalError") + aws_text(":message-type", "error") +
                        aws_text(":error-message", "it broke"),
                    "");
    const Framed both = framed(FrameKind::aws, exception + error);
    ASSERT_EQ(both.frames.size(), 2u);
    EXPECT_EQ(both.frames[0].event, "throttling");
    EXPECT_EQ(both.frames[0].data, R"({"message":"slow down"})");
    EXPECT_EQ(both.frames[1].event, "InternalError");
    EXPECT_EQ(both.frames[1].headers.back().second, "it broke");
}

const std::string k_all_types =
    aws_header("true", 0, "") + aws_header("false", 1, "") + aws_header("byte", 2, "\xFF") +
    aws_header("short", 3, big_endian_bytes(0x8000, 2)) +
    aws_header("integer", 4, big_endian_bytes(2'000'000'000, 4)) +
    aws_header("long", 5, big_endian_bytes(0x8000000000000000u, 8)) +
    aws_header("bytes", 6, big_endian_bytes(3, 2) + std::string("\x00\x01\xFF", 3)) +
    aws_text("text", "สวัสดี") + aws_header("time", 8, big_endian_bytes(1'782'907'200'123u, 8)) +
    aws_header("uuid", 9, "0123456789abcdef");

TEST(AwsFramer, HeadersOfAllTypesAreText) {
    const Framed one = framed(FrameKind::aws, aws_message(k_all_types, "x"));
    ASSERT_TRUE(one.good) << one.problem;
    EXPECT_THAT(one.frames[0].headers,
                ElementsAre(Pair("true", "true"), Pair("false", "false"), Pair("byte", "-1"),
                            Pair("short", "-32768"), Pair("integer", "2000000000"),
                            Pair("long", "-9223372036854775808"), Pair("bytes", "AAH/"),
                            Pair("text", "สวัสดี"), Pair("time", "2026-07-01T12:00:00.123Z"),
                            Pair("uuid", "30313233-3435-3637-3839-616263646566")));
    expect_same_at_every_split(FrameKind::aws, aws_message(k_all_types, "x"));
}

TEST(AwsMessage, HeadersKeepTheirTypes) {
    const std::string bytes = aws_message(k_all_types, "payload");
    const auto message = read_aws_message(bytes);
    ASSERT_TRUE(message);
    ASSERT_EQ(message->headers.size(), 10u);
    EXPECT_EQ(message->payload, "payload");
    EXPECT_EQ(message->headers[2].value, AwsValue(std::int8_t{-1}));
    EXPECT_EQ(message->headers[4].value, AwsValue(std::int32_t{2'000'000'000}));
    EXPECT_EQ(message->headers[8].value, AwsValue(AwsTimestamp{1'782'907'200'123}));
    EXPECT_EQ(message->text("text"), "สวัสดี");
    EXPECT_EQ(message->text("byte"), "") << "it is no text";
}

TEST(AwsMessage, ATimeThatNoCalendarHasIsANumber) {
    EXPECT_EQ(text_of(AwsTimestamp{-1}), "-1");
    EXPECT_EQ(text_of(AwsTimestamp{INT64_MAX}), "9223372036854775807");
    EXPECT_EQ(text_of(AwsTimestamp{0}), "1970-01-01T00:00:00.000Z");
}

std::string problem_of(std::string_view body) {
    const Framed result = framed(FrameKind::aws, body);
    EXPECT_FALSE(result.good);
    EXPECT_THAT(result.frames, IsEmpty());
    expect_same_at_every_split(FrameKind::aws, body.substr(0, 200));
    return result.problem;
}

TEST(AwsFramer, AnyDamagedByteIsNoticed) {
    const std::string good = aws_event("delta", "{}");
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const int bit : {0, 7}) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ 1 << bit);
            const Framed result = framed(FrameKind::aws, bad);
            EXPECT_FALSE(result.good) << at;
            EXPECT_THAT(result.frames, IsEmpty()) << at;
            EXPECT_THAT(result.problem, HasSubstr("checksum")) << at;
        }
    }
}

TEST(AwsFramer, WrongLengthsAreTold) {
    EXPECT_THAT(problem_of(aws_prelude(15, 0)), HasSubstr("length of 15 bytes"));
    EXPECT_THAT(problem_of(aws_prelude(0, 0)), HasSubstr("length of 0 bytes"));
    EXPECT_THAT(problem_of(aws_prelude(20, 5)), HasSubstr("longer than itself"));
    EXPECT_THAT(problem_of(aws_prelude(20, 0xFFFFFFFF)), HasSubstr("longer than itself"));
    EXPECT_THAT(problem_of(aws_prelude(1u << 20, (128u << 10) + 1)), HasSubstr("128 KiB"));
}

TEST(AwsFramer, AMessageThatIsTooLargeIsRefusedByItsLength) {
    const Framed result = framed(FrameKind::aws, aws_prelude((16u << 20) + 1, 0));
    EXPECT_FALSE(result.good);
    EXPECT_TRUE(result.too_large);
    EXPECT_EQ(result.problem, "an event-stream message is larger than 16 MiB");
    const std::string largest = aws_message("", std::string((16u << 20) - 16, 'x'));
    EXPECT_TRUE(framed(FrameKind::aws, largest).good);
}

TEST(AwsFramer, AStreamThatEndsEarlyIsTold) {
    const std::string message = aws_event("delta", "{}");
    for (std::size_t size = 1; size < message.size(); ++size) {
        const Framed result = framed(FrameKind::aws, message + message.substr(0, size));
        EXPECT_FALSE(result.good);
        EXPECT_FALSE(result.too_large);
        EXPECT_EQ(result.frames.size(), 1u);
        EXPECT_THAT(result.problem,
                    HasSubstr("ends " + std::to_string(size) + " bytes into a message"));
    }
    EXPECT_TRUE(framed(FrameKind::aws, "").good);
}

TEST(AwsFramer, HeadersThatAreNoneAreTold) {
    EXPECT_THAT(problem_of(aws_message(aws_header("a", 10, ""), "")), HasSubstr("the type 10"));
    EXPECT_THAT(problem_of(aws_message(aws_header("", 0, ""), "")), HasSubstr("without a name"));
    EXPECT_THAT(problem_of(aws_message(aws_header("a", 5, "1234567"), "")), HasSubstr("end early"));
    EXPECT_THAT(problem_of(aws_message(aws_header("a", 9, "short"), "")), HasSubstr("end early"));
    EXPECT_THAT(problem_of(aws_message(aws_header("a", 7, big_endian_bytes(5, 2) + "ab"), "cde")),
                HasSubstr("end early"));
    EXPECT_THAT(problem_of(aws_message("\x05"
                                       "ab",
                                       "cde")),
                HasSubstr("end early"));
}

TEST(AwsFramer, WhatIsNoEventStreamIsToldAtOnce) {
    EXPECT_THAT(problem_of(R"({"message":"The security token is expired"})"),
                HasSubstr("the upstream sent something else"));
}

}  // namespace
}  // namespace bellwether::plugin
