// A plugin file is loaded or refused with a sentence that says what to do.
#include "plugin/library.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;

class LibraryTest : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "bellwether-test-XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
    }
    void TearDown() override { fs::remove_all(folder_); }

    fs::path copy_of_echo(const char* name = "copy.so") {
        const fs::path to = folder_ / name;
        fs::copy_file(fs::path(BELLWETHER_PLUGIN_DIR) / "echo.so", to,
                      fs::copy_options::overwrite_existing);
        chmod(to.c_str(), 0755);
        return to;
    }

    fs::path write(const char* name, std::string_view text) {
        const fs::path to = folder_ / name;
        std::ofstream(to) << text;
        chmod(to.c_str(), 0644);
        return to;
    }

    static std::string refusal(const fs::path& file, std::string_view pin = {}) {
        const auto loaded = Library::load(file, pin);
        return loaded ? "" : loaded.error();
    }

    fs::path folder_;
};

TEST_F(LibraryTest, LoadsAPlugin) {
    const auto loaded = Library::load(copy_of_echo());
    ASSERT_TRUE(loaded) << loaded.error();
    EXPECT_EQ((*loaded)->sha256().size(), 64u);
    EXPECT_GE((*loaded)->table().size, sizeof(std::uint32_t));
}

TEST_F(LibraryTest, AcceptsTheRightPinAndRefusesAnother) {
    const auto file = copy_of_echo();
    const std::string right = (*Library::load(file))->sha256();
    EXPECT_EQ(refusal(file, right), "");
    const std::string said = refusal(file, std::string(64, '0'));
    EXPECT_NE(said.find("SHA-256 is " + right), std::string::npos) << said;
    EXPECT_NE(said.find("update the pin"), std::string::npos) << said;
}

TEST_F(LibraryTest, RefusesWhatOthersCanWrite) {
    const auto file = copy_of_echo();
    chmod(file.c_str(), 0757);
    EXPECT_NE(refusal(file).find("chmod o-w"), std::string::npos);
    chmod(file.c_str(), 0755);
    chmod(folder_.c_str(), 0777);
    EXPECT_NE(refusal(file).find("its folder can be written"), std::string::npos);
    chmod(folder_.c_str(), 0700);
}

// As another user's file it could be another one tomorrow.
TEST_F(LibraryTest, RefusesWhatBelongsToOthers) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    const fs::path inner = folder_ / "inner";
    fs::create_directory(inner);
    const auto file = copy_of_echo("inner/copy.so");
    EXPECT_EQ(refusal(file), "");
    for (const fs::path& given : {file, inner, folder_}) {
        ASSERT_EQ(chown(given.c_str(), 1000, 1000), 0);
        const std::string said = refusal(file);
        EXPECT_NE(said.find("belongs to user 1000"), std::string::npos) << given << ": " << said;
        EXPECT_NE(said.find("chown root " + given.string()), std::string::npos) << said;
        ASSERT_EQ(chown(given.c_str(), 0, 0), 0);
    }
    EXPECT_EQ(refusal(file), "");
}

TEST_F(LibraryTest, LooksAtEveryFolderAbove) {
    fs::create_directories(folder_ / "a" / "b");
    const auto file = copy_of_echo("a/b/copy.so");
    chmod((folder_ / "a").c_str(), 0777);
    const std::string said = refusal(file);
    EXPECT_NE(said.find("chmod o-w " + (folder_ / "a").string()), std::string::npos) << said;
    chmod((folder_ / "a").c_str(), 01777);  // as /tmp: nobody can replace what is ours
    EXPECT_EQ(refusal(file), "");
}

// What counts is where a link leads, and who could lead it elsewhere.
TEST_F(LibraryTest, LooksAtBothEndsOfALink) {
    for (const char* name : {"real", "links", "open"}) fs::create_directory(folder_ / name);
    copy_of_echo("real/copy.so");
    fs::create_symlink("../real/copy.so", folder_ / "links" / "copy.so");
    fs::create_directory_symlink(folder_ / "real", folder_ / "open" / "real");
    EXPECT_EQ(refusal(folder_ / "links" / "copy.so"), "");
    EXPECT_EQ(refusal(folder_ / "open" / "real" / "copy.so"), "");
    chmod((folder_ / "open").c_str(), 0777);
    EXPECT_NE(refusal(folder_ / "open" / "real" / "copy.so").find("chmod o-w"), std::string::npos);
    chmod((folder_ / "real").c_str(), 0777);
    EXPECT_NE(refusal(folder_ / "links" / "copy.so").find("chmod o-w"), std::string::npos);
}

TEST_F(LibraryTest, ALinkOfAnotherUserInAStickyFolderIsNotFollowed) {
    if (geteuid() != 0) GTEST_SKIP() << "only root can give links away";
    const auto file = copy_of_echo();
    const fs::path link = folder_ / "link.so";
    fs::create_symlink(file, link);
    chmod(folder_.c_str(), 01777);
    EXPECT_EQ(refusal(link), "");
    ASSERT_EQ(lchown(link.c_str(), 1000, 1000), 0);
    EXPECT_NE(refusal(link).find("the link " + link.string()), std::string::npos) << refusal(link);
}

TEST_F(LibraryTest, LinksInACircleEnd) {
    fs::create_symlink("b.so", folder_ / "a.so");
    fs::create_symlink("a.so", folder_ / "b.so");
    EXPECT_NE(refusal(folder_ / "a.so").find("too many links"), std::string::npos);
}

TEST_F(LibraryTest, RefusesWhatIsNotALibrary) {
    EXPECT_NE(refusal(write("text.so", "hello")).find("not a shared library"), std::string::npos);
    EXPECT_NE(refusal(write("empty.so", "")).find("not a shared library"), std::string::npos);
    EXPECT_NE(refusal(folder_).find("not a regular file"), std::string::npos);
}

// Touching a page beyond the end of a mapped file would be a SIGBUS.
TEST_F(LibraryTest, RefusesACutLibraryHoweverItIsCut) {
    const auto file = copy_of_echo();
    const auto size = fs::file_size(file);
    for (const auto left :
         {size - 1, size / 2, std::uintmax_t{4096}, std::uintmax_t{64}, std::uintmax_t{5}}) {
        fs::resize_file(copy_of_echo(), left);
        EXPECT_NE(refusal(file).find("cut or damaged"), std::string::npos) << left;
    }
}

TEST_F(LibraryTest, AFileOfAnotherMachineIsNotCalledAbsent) {
    const auto file = copy_of_echo();
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(18);  // e_machine: a library for another processor
    bytes.put('\x28');
    bytes.close();
    const std::string said = refusal(file);
    EXPECT_NE(said.find("built for another machine: ARM"), std::string::npos) << said;
    EXPECT_EQ(said.find("No such file"), std::string::npos) << said;
    EXPECT_EQ(said.find("/proc/"), std::string::npos) << said;
}

// The running code is a private copy: truncating the original must not reach it.
TEST_F(LibraryTest, SurvivesTheOriginalBeingTruncated) {
    const auto file = copy_of_echo();
    const auto loaded = Library::load(file);
    ASSERT_TRUE(loaded) << loaded.error();
    fs::resize_file(file, 0);
    EXPECT_EQ((*loaded)->table().extension("bw.unknown/1"), nullptr);
    EXPECT_NE((*loaded)->table().id, nullptr);
}

// A new version under the same name is new code, not the linker's memory of the old.
TEST_F(LibraryTest, ReadsAReplacedFileAnew) {
    const auto file = copy_of_echo();
    const auto first = Library::load(file);
    fs::copy_file(fs::path(BELLWETHER_PLUGIN_DIR) / "openai.so", file,
                  fs::copy_options::overwrite_existing);
    const auto second = Library::load(file);
    ASSERT_TRUE(first && second);
    EXPECT_STRNE((*first)->table().id, (*second)->table().id);
}

TEST(Locate, LooksInTheFoldersAndSaysWhere) {
    const std::vector<fs::path> folders{"/nonexistent/a", BELLWETHER_PLUGIN_DIR};
    EXPECT_EQ(locate("echo", "/", folders), fs::path(BELLWETHER_PLUGIN_DIR) / "echo.so");
    const auto missing = locate("ecko", "/", folders);
    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().find("there is no ecko.so in /nonexistent/a, "), std::string::npos);
    EXPECT_NE(missing.error().find("plugin_path"), std::string::npos);
}

TEST(Locate, APathIsTakenFromTheConfigsFolder) {
    EXPECT_EQ(locate("./echo.so", BELLWETHER_PLUGIN_DIR, {}),
              fs::path(BELLWETHER_PLUGIN_DIR) / "echo.so");
    EXPECT_FALSE(locate("./ecko.so", BELLWETHER_PLUGIN_DIR, {}));
}

}  // namespace
}  // namespace bellwether::plugin
