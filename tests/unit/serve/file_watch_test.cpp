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

class FolderWatchTest : public FileWatchTest {
  protected:
    void SetUp() override {
        fs::create_directories(folder / "up/conf");
        write("up/conf/a", "1");
        follow({"up/conf/a"});
    }
    // What comes back, or is made anew, is watched as before.
    void expect_watched() {
        write("up/conf/a", "an edit");
        EXPECT_EQ(next(), file);
    }
    const Paths file{folder / "up/conf/a"};
};

TEST_F(FolderWatchTest, AFolderThatIsMovedAwayAndBack) {
    for (const char* const name : {"up/conf", "up"}) {
        fs::rename(folder / name, folder / "away");
        EXPECT_EQ(next(), file) << name;
        fs::rename(folder / "away", folder / name);
        EXPECT_EQ(next(), file) << name;
        expect_watched();
    }
}

TEST_F(FolderWatchTest, FoldersThatAreRemovedAndMadeAnew) {
    fs::remove_all(folder / "up");
    EXPECT_EQ(next(), file);
    EXPECT_TRUE(next(2 * FileWatch::k_quiet).empty());
    fs::create_directory(folder / "up");
    EXPECT_TRUE(next(2 * FileWatch::k_quiet).empty()) << "one level is still missing";
    fs::create_directory(folder / "up/conf");
    EXPECT_TRUE(next(2 * FileWatch::k_quiet).empty()) << "as is the file";
    write("up/conf/a", "2");
    EXPECT_EQ(next(), file);
    expect_watched();
}

// Between two looks: the name has always led to a folder.
TEST_F(FolderWatchTest, AFolderThatIsExchanged) {
    for (const char* const name : {"up/conf", "up"}) {
        fs::copy(folder / name, folder / "new", fs::copy_options::recursive);
        fs::rename(folder / name,
                   folder / (std::string("old") + fs::path(name).filename().string()));
        fs::rename(folder / "new", folder / name);
        EXPECT_EQ(next(), file) << name;
        expect_watched();
    }
}

TEST_F(FolderWatchTest, AFolderMadeAnewAtOnce) {
    fs::remove_all(folder / "up/conf");
    fs::create_directory(folder / "up/conf");
    EXPECT_EQ(next(), file);
    expect_watched();
}

TEST_F(FolderWatchTest, FoldersThatHaveNeverBeenThere) {
    watch.follow({folder / "x/y/z/a"}, {folder / "x/more"});
    EXPECT_TRUE(next(2 * FileWatch::k_quiet).empty());
    fs::create_directories(folder / "x/y/z");
    write("x/y/z/a", "1");
    EXPECT_EQ(next(), Paths({folder / "x/y/z/a"}));
    fs::create_directory(folder / "x/more");
    EXPECT_TRUE(next(2 * FileWatch::k_quiet).empty());
    write("x/more/b", "1");
    EXPECT_EQ(next(), Paths({folder / "x/more"}));
}

TEST_F(FolderWatchTest, ALinkToAFolderThatLeadsNowhereForAWhile) {
    fs::create_directory_symlink("up", folder / "link");
    watch.follow({folder / "link/conf/a"}, {});
    EXPECT_TRUE(next(2 * FileWatch::k_quiet).empty());
    const Paths linked{folder / "link/conf/a"};
    fs::rename(folder / "up", folder / "away");
    EXPECT_EQ(next(), linked);
    fs::rename(folder / "away", folder / "up");
    EXPECT_EQ(next(), linked);
    fs::create_directories(folder / "two/conf");
    write("two/conf/a", "2");
    fs::create_directory_symlink("two", folder / "new");
    fs::rename(folder / "new", folder / "link");
    EXPECT_EQ(next(), linked);
    write("two/conf/a", "an edit");
    EXPECT_EQ(next(), linked);
}

TEST_F(FolderWatchTest, LinksInACircle) {
    fs::create_directory_symlink("two/x", folder / "one");
    fs::create_directory_symlink("one/x", folder / "two");
    watch.follow({folder / "one/a"}, {});
    EXPECT_TRUE(next(2 * FileWatch::k_quiet).empty());
    fs::create_directory(folder / "real");
    write("real/a", "1");
    fs::create_directory_symlink("real", folder / "new");
    fs::rename(folder / "new", folder / "one");
    EXPECT_EQ(next(), Paths({folder / "one/a"}));
}

// Whose names grow with each turn.
TEST_F(FolderWatchTest, LinksInACircleOfOtherNames) {
    fs::create_directory(folder / "own");
    fs::create_symlink("./a", folder / "own/a");
    fs::create_directory_symlink("../" + folder.filename().string() + "/round", folder / "round");
    watch.follow({folder / "own/a", folder / "round/a"}, {});
    EXPECT_TRUE(next(2 * FileWatch::k_quiet).empty());
    fs::remove(folder / "own/a");
    write("own/a", "1");
    EXPECT_EQ(next(), Paths({folder / "own/a"}));
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
