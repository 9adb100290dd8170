#include "observe/log_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "capture.hpp"

namespace bellwether::observe::test {

using testing::EndsWith;
using testing::HasSubstr;

TEST(LogWriter, WritesWhatItIsGivenBeforeItEnds) {
    Pipe pipe;
    {
        const LogWriter writer(pipe.input());
        write_log("one\n");
        write_log("two\n");
    }
    EXPECT_EQ(pipe.read(), "one\ntwo\n");
}

// Nothing reads the pipe, so the writer hangs in its write; whoever logs must not.
TEST(LogWriter, AReaderThatStopsLosesLinesAndIsTold) {
    Pipe pipe;
    const std::uint64_t before = log_lines_dropped();
    const std::string line = std::string(999, 'x') + "\n";
    const std::string more_than_a_pipe_holds = std::string(299'999, 'x') + "\n";
    std::string text;
    {
        const LogWriter writer(pipe.input());
        write_log(more_than_a_pipe_holds);
        while (text.empty()) text += pipe.read();  // then it hangs, and takes nothing more
        while (log_lines_dropped() == before) write_log(line);
        write_log(line + line);
        EXPECT_EQ(log_lines_dropped(), before + 3);
        while (text.find("3 log lines were dropped") == std::string::npos) text += pipe.read();
        write_log("after\n");
    }
    text += pipe.read();
    EXPECT_THAT(text, HasSubstr("3 log lines were dropped"));
    EXPECT_THAT(text, EndsWith("after\n"));
}

// A program that shares standard error may have made it so.
TEST(LogWriter, LosesNothingToANonBlockingDescriptor) {
    Pipe pipe;
    ::fcntl(pipe.input(), F_SETFL, O_NONBLOCK);
    const std::string line = std::string(999, 'x') + "\n";
    constexpr std::size_t k_lines = 500;  // more than a pipe holds, less than the writer does
    std::string text;
    {
        const LogWriter writer(pipe.input());
        for (std::size_t i = 0; i < k_lines; ++i) write_log(line);
        while (text.size() < k_lines * line.size()) text += pipe.read();
    }
    EXPECT_EQ(text.size() + pipe.read().size(), k_lines * line.size());
}

TEST(LogWriter, EndsThoughNobodyReads) {
    static auto& pipe = *new Pipe;  // its end is still written to when the test is over
    std::optional<LogWriter> writer(std::in_place, pipe.input());
    const std::string line = std::string(999, 'x') + "\n";
    for (int i = 0; i < 500; ++i) write_log(line);
    writer.reset();  // the test's time-out is the proof
}

}  // namespace bellwether::observe::test
