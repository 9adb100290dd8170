#include "observe/access_log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "capture.hpp"

namespace bellwether::observe::test {

using namespace std::chrono_literals;

namespace {

std::chrono::system_clock::time_point a_time() {
    return std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + 2h + 10min + 11s + 7ms;
}

AccessRecord a_record() {
    AccessRecord record;
    record.time = a_time();
    record.request_id = "req_1";
    record.client = "127.0.0.1";
    record.method = "POST";
    record.path = "/v1/chat/completions";
    record.status = 200;
    record.route = "qwen-*";
    record.model = "qwen-max";
    record.provider = "holysheep";
    record.upstream_model = "qwen-max-2";
    record.upstream_id = "up-7";
    record.attempts = 2;
    record.stream = true;
    record.bytes_in = 100;
    record.bytes_out = 2000;
    record.duration_us = 1500;
    record.first_byte_us = 700;
    record.usage = {11, 22, 3, -1, UsageSource::provider};
    return record;
}

std::string text_of(const AccessRecord& record) {
    std::string out;
    append_text(out, record);
    return out;
}

std::string json_of(const AccessRecord& record) {
    std::string out;
    append_json(out, record);
    return out;
}

}  // namespace

TEST(AccessFormat, Text) {
    EXPECT_EQ(text_of(a_record()),
              "2026-11-24T02:10:11.007Z access POST /v1/chat/completions 200 ok 1500us id=req_1 "
              "client=127.0.0.1 route=qwen-* model=qwen-max provider=holysheep "
              "upstream_model=qwen-max-2 upstream_id=up-7 attempts=2 stream=yes bytes_in=100 "
              "bytes_out=2000 "
              "first_byte_us=700 input_tokens=11 "
              "output_tokens=22 cached_input_tokens=3 usage_source=provider\n");
}

TEST(AccessFormat, Json) {
    EXPECT_EQ(
        json_of(a_record()),
        R"({"time":"2026-11-24T02:10:11.007Z","level":"access","method":"POST",)"
        R"("path":"/v1/chat/completions","status":200,"outcome":"ok","duration_us":1500,)"
        R"("id":"req_1","client":"127.0.0.1","route":"qwen-*","model":"qwen-max",)"
        R"("provider":"holysheep","upstream_model":"qwen-max-2","upstream_id":"up-7","attempts":2,)"
        R"("stream":true,"bytes_in":100,"bytes_out":2000,"first_byte_us":700,)"
        R"("input_tokens":11,"output_tokens":22,)"
        R"("cached_input_tokens":3,"usage_source":"provider"})"
        "\n");
}

TEST(AccessFormat, OutcomesAndErrors) {
    AccessRecord record = a_record();
    record.status = 504;
    record.outcome = CallOutcome::error;
    record.error = "timeout_first_byte";
    EXPECT_NE(text_of(record).find(" 504 error 1500us "), std::string::npos);
    EXPECT_NE(text_of(record).find(" error=timeout_first_byte "), std::string::npos);
    record.outcome = CallOutcome::cancelled;
    EXPECT_NE(json_of(record).find(R"("outcome":"cancelled")"), std::string::npos);
}

// A client chooses the path and the model's name: they must not forge fields or lines.
TEST(AccessFormat, ValuesCannotForgeFields) {
    AccessRecord record = a_record();
    record.model = "x status=200\n2026 \"\x1b[2J";
    record.path = "/a b";
    const std::string text = text_of(record);
    EXPECT_NE(text.find(R"(model="x status=200\x0a2026 \"\x1b[2J")"), std::string::npos) << text;
    EXPECT_NE(text.find(R"( POST "/a b" 200 )"), std::string::npos) << text;
    EXPECT_EQ(std::ranges::count(text, '\n'), 1);
}

TEST(AccessFormat, JsonEscapes) {
    AccessRecord record = a_record();
    record.model = std::string_view("\"\\\n\x01\0\xff\xed\xa0\x80\xe4\xbd\xa0\xf0\x9f\x90\x91", 16);
    EXPECT_NE(json_of(record).find(R"("model":"\"\\\n\u0001\u0000\ufffd\ufffd\ufffd\ufffd)"
                                   "\xe4\xbd\xa0\xf0\x9f\x90\x91\""),
              std::string::npos)
        << json_of(record);
}

TEST(AccessFormat, TruncatedCharacterAtTheEnd) {
    AccessRecord record = a_record();
    record.model = "a\xe4\xbd";
    EXPECT_NE(text_of(record).find(R"(model=a\xe4\xbd )"), std::string::npos);
}

class AccessLogTest : public testing::Test {
  protected:
    AccessLogTest() { log.emplace(loop, Format::text); }

    boost::asio::io_context loop;
    CapturedStderr pipe;
    std::optional<AccessLog> log;
};

TEST_F(AccessLogTest, WritesAfterATenthOfASecondInOneGo) {
    const auto start = std::chrono::steady_clock::now();
    log->add(a_record());
    log->add(a_record());
    EXPECT_EQ(pipe.read(), "");
    loop.run();
    EXPECT_GE(std::chrono::steady_clock::now() - start, 100ms);
    EXPECT_EQ(pipe.read(), text_of(a_record()) + text_of(a_record()));
    EXPECT_EQ(pipe.read(), "");
}

TEST_F(AccessLogTest, TimerServesMoreThanOnce) {
    for (int i = 0; i < 2; ++i) {
        log->add(a_record());
        loop.restart();
        loop.run();
        EXPECT_EQ(pipe.read(), text_of(a_record()));
    }
}

TEST_F(AccessLogTest, WritesAtOnceWhenMuchHasGathered) {
    const std::size_t line = text_of(a_record()).size();
    const std::size_t lines = (16u << 10) / line;
    for (std::size_t i = 0; i < lines; ++i) log->add(a_record());
    EXPECT_EQ(pipe.read(), "");
    log->add(a_record());
    EXPECT_EQ(pipe.read().size(), (lines + 1) * line);
}

TEST_F(AccessLogTest, WritesTheRestAtItsEnd) {
    log->add(a_record());
    log.reset();
    EXPECT_EQ(pipe.read(), text_of(a_record()));
    loop.run();  // the timer's handler outlives the log
    EXPECT_EQ(pipe.read(), "");
}

TEST_F(AccessLogTest, JsonFormat) {
    log.emplace(loop, Format::json);
    log->add(a_record());
    log->flush();
    EXPECT_EQ(pipe.read(), json_of(a_record()));
}

}  // namespace bellwether::observe::test
