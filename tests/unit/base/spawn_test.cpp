// A started program has the descriptors that it is given, under the numbers that are said.
#include "base/spawn.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/descriptor.hpp"

namespace bellwether {
namespace {

Descriptor file_with(std::string_view text) {
    Descriptor file(memfd_create("text", MFD_CLOEXEC));
    EXPECT_EQ(write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    lseek(file.get(), 0, SEEK_SET);
    return file;
}

std::string said_by(const char* script, std::vector<GivenDescriptor> given, int first_closed) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
    const Descriptor reading(ends[0]);
    Descriptor writing(ends[1]);
    given.push_back({writing.get(), STDOUT_FILENO});
    const auto id = start_program({.program = "sh",
                                   .words = {"sh", "-c", script},
                                   .environment = {"WORD=told"},
                                   .given = std::move(given),
                                   .first_closed = first_closed});
    EXPECT_TRUE(id);
    writing.reset();
    std::string said;
    std::array<char, 256> block{};
    ssize_t got = 0;
    while ((got = read(reading.get(), block.data(), block.size())) > 0) {
        said.append(block.data(), static_cast<std::size_t>(got));
    }
    EXPECT_EQ(waitpid(*id, nullptr, 0), *id);
    return said;
}

// Each has the other's number here.
TEST(StartProgram, GivesDescriptorsWhoseNumbersAreSwapped) {
    const Descriptor one = file_with("one");
    const Descriptor two = file_with("two");
    const int above = std::max(one.get(), two.get()) + 1;
    const std::string own = "/proc/self/fd/";
    const std::string script =
        "cat " + own + std::to_string(one.get()) + " " + own + std::to_string(two.get());
    EXPECT_EQ(said_by(script.c_str(), {{one.get(), two.get()}, {two.get(), one.get()}}, above),
              "twoone");
}

TEST(StartProgram, LeavesNoOtherDescriptorOpen) {
    const Descriptor given = file_with("given");
    const int inherited = fcntl(given.get(), F_DUPFD, 3);  // by any program that is started
    EXPECT_EQ(said_by("for n in 3 4 5 6 7 8 9; do test -e /proc/$$/fd/$n && echo $n; done",
                      {{given.get(), 3}}, 4),
              "3\n");
    close(inherited);
}

TEST(StartProgram, HandsOnNoIgnoredSignalAndOnlyTheEnvironmentThatIsSaid) {
    const auto before = signal(SIGTERM, SIG_IGN);
    EXPECT_EQ(said_by("echo $WORD$HOME; kill -TERM $$; echo still here", {}, 3), "told\n");
    signal(SIGTERM, before);
}

TEST(StartProgram, SaysWhyNot) {
    const auto none = start_program({.program = "/nowhere/to/be/found", .words = {"it"}});
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error(), ENOENT);
    const auto closed = start_program({.program = "sh", .words = {"sh"}, .given = {{-1, 0}}});
    ASSERT_FALSE(closed);
    EXPECT_EQ(closed.error(), EBADF);
}

}  // namespace
}  // namespace bellwether
