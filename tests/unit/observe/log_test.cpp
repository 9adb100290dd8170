#include "observe/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>
#include <vector>

#include "capture.hpp"

namespace bellwether::observe::test {

using testing::MatchesRegex;

class LogTest : public testing::Test {
  protected:
    ~LogTest() override { configure(LogLevel::info, Format::text, false); }

    CapturedStderr captured;
};

constexpr const char* k_time = "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z";

TEST_F(LogTest, TextLine) {
    info("listening on {}:{}", "127.0.0.1", 4141);
    EXPECT_THAT(captured.read(),
                MatchesRegex(std::string(k_time) + " info  listening on 127.0.0.1:4141\n"));
}

TEST_F(LogTest, JsonLine) {
    configure(LogLevel::debug, Format::json, true);
    debug("say {}", "\"hi\"\n");
    EXPECT_THAT(captured.read(),
                MatchesRegex("\\{\"time\":\"" + std::string(k_time) +
                             R"(","level":"debug","message":"say \\"hi\\"\\n"\})" + "\n"));
}

TEST_F(LogTest, LevelsBelowTheLeastAreSilent) {
    configure(LogLevel::warn, Format::text, false);
    debug("no");
    info("no");
    log(LogLevel::info, "no");
    EXPECT_EQ(captured.read(), "");
    warn("yes");
    error("yes");
    const std::string text = captured.read();
    EXPECT_NE(text.find(" warn  yes\n"), std::string::npos);
    EXPECT_NE(text.find(" error yes\n"), std::string::npos);
}

TEST_F(LogTest, ConfigurationIsKept) {
    configure(LogLevel::error, Format::json, true);
    EXPECT_TRUE(access_enabled());
    EXPECT_EQ(log_format(), Format::json);
    EXPECT_FALSE(enabled(LogLevel::warn));
    EXPECT_TRUE(enabled(LogLevel::error));
}

TEST_F(LogTest, MessageIsOneLineWhateverItHolds) {
    log(LogLevel::info, "a\nb\x1b[31m\xc2\x9b c\xff \xc3\xa9 \\ \"q\"");
    const std::string text = captured.read();
    EXPECT_NE(text.find(R"(a\x0ab\x1b[31m\xc2\x9b c\xff )"
                        "\xc3\xa9 \\ \"q\"\n"),
              std::string::npos)
        << text;
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
    constexpr int k_threads = 4;
    constexpr int k_lines = 50;
    std::vector<std::thread> threads;
    for (int i = 0; i < k_threads; ++i) {
        threads.emplace_back([i] {
            for (int line = 0; line < k_lines; ++line) info("{}{}", i, std::string(100, 'x'));
        });
    }
    for (std::thread& thread : threads) thread.join();
    std::istringstream lines(captured.read());
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        EXPECT_THAT(line, MatchesRegex(std::string(k_time) + " info  [0-3]x{100}"));
    }
    EXPECT_EQ(count, k_threads * k_lines);
}

}  // namespace bellwether::observe::test
