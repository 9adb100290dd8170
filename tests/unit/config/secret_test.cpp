// resolve(): the values behind references.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "config/config.hpp"

namespace bellwether::config {
namespace {

namespace fs = std::filesystem;

class Secret : public testing::Test {
  protected:
    void TearDown() override {
        fs::remove(file_);
        unsetenv("BW_TEST_SECRET");
    }

    std::string reference(std::string_view content) const {
        std::ofstream(file_, std::ios::binary) << content;
        return "file:" + file_.string();
    }
    std::string fault(std::string_view content) const {
        const auto value = resolve(reference(content));
        return value ? "none" : value.error();
    }

    const fs::path file_ = fs::temp_directory_path() / ("bw_secret_" + std::to_string(getpid()));
    const std::string file_text_ = "the file \"" + file_.string() + "\"";
};

TEST_F(Secret, ComesFromTheEnvironment) {
    setenv("BW_TEST_SECRET", "sk-1", 1);
    EXPECT_EQ(resolve("env:BW_TEST_SECRET"), "sk-1");
    setenv("BW_TEST_SECRET", "", 1);
    EXPECT_EQ(resolve("env:BW_TEST_SECRET").error(),
              "the environment variable BW_TEST_SECRET is empty");
    unsetenv("BW_TEST_SECRET");
    EXPECT_EQ(resolve("env:BW_TEST_SECRET").error(),
              "the environment variable BW_TEST_SECRET is not set");
}

TEST_F(Secret, ComesFromAFileWithoutItsLastLineEnd) {
    EXPECT_EQ(resolve(reference("sk-1")), "sk-1");
    EXPECT_EQ(resolve_document(reference("{\n}\n")), "{\n}\n") << "a text of several lines";
    EXPECT_FALSE(resolve_document(reference("")));
    EXPECT_FALSE(resolve_document(reference(std::string(65'537, ' '))));
    EXPECT_EQ(resolve(reference("sk-1\n")), "sk-1");
    EXPECT_EQ(resolve(reference("sk-1\r\n")), "sk-1");
    EXPECT_EQ(resolve(reference(std::string(65'536, 'x') + "\n")), std::string(65'536, 'x'));
}

TEST_F(Secret, RefusesWhatCannotStandInAHeader) {
    EXPECT_EQ(fault(""), file_text_ + " is empty");
    EXPECT_EQ(fault("\n"), file_text_ + " is empty");
    EXPECT_EQ(fault(std::string(65'537, 'x')), file_text_ + " holds more than 65536 bytes");
    EXPECT_EQ(fault(std::string(1 << 20, 'x')), file_text_ + " holds more than 65536 bytes");
    const std::string character =
        file_text_ + " holds a control or non-ASCII character, which a credential cannot contain";
    EXPECT_EQ(fault("sk-1\n\n"), character);
    EXPECT_EQ(fault("sk\t1"), character);
    EXPECT_EQ(fault("\xef\xbb\xbfsk-1"), character);
    EXPECT_EQ(fault(std::string("sk\0", 3)), character);
    EXPECT_EQ(fault(" sk-1"), file_text_ + " begins or ends with a space");
    EXPECT_EQ(fault("sk-1 \n"), file_text_ + " begins or ends with a space");
}

TEST_F(Secret, RefusesFilesThatAreNone) {
    EXPECT_EQ(
        resolve("file:/nonexistent/key").error(),
        "the file \"/nonexistent/key\" does not exist or is in a folder that cannot be searched");
    EXPECT_EQ(resolve("file:/etc").error(), "the file \"/etc\" is not a regular file");
    EXPECT_EQ(resolve("file:/dev/zero").error(), "the file \"/dev/zero\" is not a regular file");
}

TEST_F(Secret, NeverRepeatsAMalformedReference) {
    EXPECT_EQ(resolve("sk-1").error(), "the reference does not begin with \"env:\" or \"file:\"");
    EXPECT_EQ(resolve("env:sk-1").error(), "the reference has no variable name after \"env:\"");
    EXPECT_EQ(resolve("env:1A").error(), "the reference has no variable name after \"env:\"");
    EXPECT_EQ(resolve("file:sk-1").error(), "the reference has no absolute path after \"file:\"");
    EXPECT_EQ(resolve("").error(), "the reference does not begin with \"env:\" or \"file:\"");
}

}  // namespace
}  // namespace bellwether::config
