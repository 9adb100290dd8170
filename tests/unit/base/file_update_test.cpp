#include "base/file_update.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace bellwether {
namespace {

namespace fs = std::filesystem;

class FileUpdateTest : public ::testing::Test {
  protected:
    void SetUp() override {
        folder = fs::temp_directory_path() / ("bw-update-" + std::to_string(getpid()));
        fs::create_directories(folder);
        file = folder / "keys.toml";
    }
    void TearDown() override { fs::remove_all(folder); }

    static std::string content(const fs::path& file) {
        std::ostringstream text;
        text << std::ifstream(file).rdbuf();
        return text.str();
    }
    static mode_t mode(const fs::path& file) {
        struct stat found {};
        stat(file.c_str(), &found);
        return found.st_mode & 07777;
    }
    static void replace(const fs::path& file, std::string_view text, const fs::path& like = {}) {
        const auto update = FileUpdate::begin(file);
        ASSERT_TRUE(update) << update.error();
        const auto done = update->replace(text, like);
        EXPECT_TRUE(done) << done.error();
    }
    std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
    }

    fs::path folder;
    fs::path file;
};

TEST_F(FileUpdateTest, ANewFileIsItsOwnersUnlessItIsLikeAnother) {
    replace(file, "a");
    EXPECT_EQ(content(file), "a");
    EXPECT_EQ(mode(file), 0600);
    std::ofstream(folder / "config") << "x";
    chmod((folder / "config").c_str(), 0755);
    replace(folder / "other", "b", folder / "config");
    EXPECT_EQ(mode(folder / "other"), 0644) << "a text is no program";
    EXPECT_EQ(files(), 3u) << "and no draft is left";
}

TEST_F(FileUpdateTest, AFileKeepsItsMode) {
    std::ofstream(file) << "a longer text than the new one";
    chmod(file.c_str(), 0640);
    replace(file, "b");
    EXPECT_EQ(content(file), "b");
    EXPECT_EQ(mode(file), 0640);
}

TEST_F(FileUpdateTest, ALinkStaysAndItsFileIsReplaced) {
    fs::create_directory(folder / "real");
    std::ofstream(folder / "real" / "k") << "a";
    fs::create_symlink("real/k", file);
    replace(file, "b");
    EXPECT_TRUE(fs::is_symlink(file));
    EXPECT_EQ(content(folder / "real" / "k"), "b");
}

TEST_F(FileUpdateTest, WhatCannotBeReplacedIsSaid) {
    fs::create_symlink("nowhere", file);
    EXPECT_EQ(FileUpdate::begin(file).error(), "it is a link that leads nowhere");
    EXPECT_EQ(FileUpdate::begin(folder).error(), "it is no file");
    EXPECT_EQ(FileUpdate::begin(folder / "none" / "k").error(),
              "there is no folder " + (folder / "none").string());
}

// A process that was killed may have left its draft.
TEST_F(FileUpdateTest, AnOldDraftIsInNobodysWay) {
    std::ofstream(folder / ".keys.toml.new") << "half of a te";
    replace(file, "b");
    EXPECT_EQ(content(file), "b");
    EXPECT_EQ(files(), 1u);
}

// Each process reads the number and writes the next one.
TEST_F(FileUpdateTest, ProcessesTakeTurns) {
    constexpr int k_processes = 8;
    constexpr int k_turns = 10;
    replace(file, "0");
    for (int i = 0; i < k_processes; ++i) {
        if (fork() != 0) continue;
        bool good = true;
        for (int turn = 0; turn < k_turns; ++turn) {
            const auto update = FileUpdate::begin(file);
            good &= update && update->replace(std::to_string(std::stoi(content(file)) + 1), {});
        }
        _exit(good ? 0 : 1);
    }
    int status = 0;
    while (wait(&status) > 0) EXPECT_EQ(status, 0);
    EXPECT_EQ(content(file), std::to_string(k_processes * k_turns));
}

}  // namespace
}  // namespace bellwether
