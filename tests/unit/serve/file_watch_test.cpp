// What counts as a change of a file, with real folders.
#include "serve/file_watch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>

namespace bellwether::serve {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class FileWatchTest : public testing::Test {
  protected:
    FileWatchTest() {
        std::string pattern = fs::temp_directory_path() / "file_watch_XXXXXX";
        folder = mkdtemp(pattern.data());
    }
    ~FileWatchTest() override { fs::remove_all(folder); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name) << text;
    }
    // The files of the next change; none: there was none before `limit`.
    std::vector<fs::path> next(std::chrono::milliseconds limit = 20s) {
        changed.clear();
        const auto end = std::chrono::steady_clock::now() + limit;
        while (changed.empty() && std::chrono::steady_clock::now() < end) {
            loop.restart();
            loop.run_one_for(10ms);
        }
        return changed;
    }
    void follow(std::vector<fs::path> names, std::vector<fs::path> folders = {}) {
        for (auto& name : names) name = folder / name;
        watch.follow(names, folders);
        // The look after the start finds nothing.
        EXPECT_TRUE(next(3 * FileWatch::k_quiet).empty());
    }

    fs::path folder;
    boost::asio::io_context loop{1};
    std::vector<fs::path> changed;
    FileWatch watch{loop, [this](const auto& files) { changed = files; }};
};

using Paths = std::vector<fs::path>;

TEST_F(FileWatchTest, AFileThatIsWritten) {
    write("a", "1");
    follow({"a"});
    write("a", "12");
    EXPECT_EQ(next(), Paths({folder / "a"}));
}

TEST_F(FileWatchTest, AFileThatIsReplacedOrGone) {
    write("a", "1");
    follow({"a"});
    write("new", "2");
    fs::rename(folder / "new", folder / "a");
    EXPECT_EQ(next(), Paths({folder / "a"}));
    fs::remove(folder / "a");
    EXPECT_EQ(next(), Paths({folder / "a"}));
}

TEST_F(FileWatchTest, AFileThatWasNotThere) {
    follow({"a"});
    write("a", "1");
    EXPECT_EQ(next(), Paths({folder / "a"}));
}

TEST_F(FileWatchTest, AnotherFileOfTheFolderIsNoChange) {
    write("a", "1");
    follow({"a"});
    write("b", "1");
    EXPECT_TRUE(next(3 * FileWatch::k_quiet).empty());
}

// As Kubernetes mounts a ConfigMap: file -> ..data/file, ..data -> ..version.
TEST_F(FileWatchTest, ALinkOnTheWayThatIsExchanged) {
    fs::create_directory(folder / "..1");
    fs::create_directory(folder / "..2");
    write("..1/a", "1");
    write("..2/a", "2");
    fs::create_symlink("..1", folder / "..data");
    fs::create_symlink("..data/a", folder / "a");
    follow({"a"});
    fs::create_symlink("..2", folder / "..next");
    fs::rename(folder / "..next", folder / "..data");
    EXPECT_EQ(next(), Paths({folder / "a"}));
    write("..2/a", "22");
    EXPECT_EQ(next(), Paths({folder / "a"})) << "the new folder is watched, too";
}

TEST_F(FileWatchTest, AFolderInWhichAFileComes) {
    follow({}, {folder});
    write("b.toml", "1");
    EXPECT_EQ(next(), Paths({folder}));
}

TEST_F(FileWatchTest, SeveralFilesAreOneChange) {
    write("a", "1");
    write("b", "1");
    follow({"a", "b"});
    write("a", "12");
    write("b", "12");
    EXPECT_EQ(next(), Paths({folder / "a", folder / "b"}));
}

TEST_F(FileWatchTest, WhatIsFollowedNoMoreIsNoChange) {
    write("a", "1");
    follow({"a"});
    follow({});
    write("a", "12");
    EXPECT_TRUE(next(3 * FileWatch::k_quiet).empty());
}

}  // namespace
}  // namespace bellwether::serve
