#include "credentials/aws_keys.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "variables.hpp"

namespace bellwether::credentials {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view k_text = R"(# written by hand
[default]
aws_access_key_id = AKIDEFAULT
aws_secret_access_key=abc/def+ghi   ; a comment
s3 =
  max_concurrent_requests = 20

[ other ]
AWS_ACCESS_KEY_ID = ASIAOTHER
aws_secret_access_key = S3CRET#1
aws_session_token = t0ken==

[half]
aws_access_key_id = AKIHALF
)";

TEST(SharedCredentials, HaveProfiles) {
    EXPECT_EQ(*read_shared_credentials(k_text, "default"), (AwsKeys{"AKIDEFAULT", "abc/def+ghi"}));
    EXPECT_EQ(*read_shared_credentials(k_text, "other"),
              (AwsKeys{"ASIAOTHER", "S3CRET#1", "t0ken=="}));
    EXPECT_EQ(*read_shared_credentials("[profile a]\r\naws_access_key_id=A\r\n"
                                       "aws_secret_access_key=B\r\n",
                                       "a"),
              (AwsKeys{"A", "B"}));
}

TEST(SharedCredentials, FaultsAreToldWithoutValues) {
    EXPECT_EQ(read_shared_credentials(k_text, "none").error(), "has no profile [none]");
    EXPECT_EQ(read_shared_credentials(k_text, "half").error(),
              "has no aws_secret_access_key in its profile [half]");
    const auto odd = read_shared_credentials(
        "[default]\naws_access_key_id=A\naws_secret_access_key=two words", "default");
    EXPECT_THAT(odd.error(), HasSubstr("a character that none has"));
    EXPECT_THAT(odd.error(), Not(HasSubstr("two words")));
    EXPECT_FALSE(read_shared_credentials("", "default"));
    EXPECT_FALSE(read_shared_credentials("[default", "default"));
}

TEST(KeysOfEnvironment, AreWholeOrNotThere) {
    EXPECT_EQ(*keys_of_environment(variables({})), std::nullopt);
    EXPECT_EQ(**keys_of_environment(variables({{"AWS_ACCESS_KEY_ID", "A"},
                                               {"AWS_SECRET_ACCESS_KEY", "B"},
                                               {"AWS_SESSION_TOKEN", "C"}})),
              (AwsKeys{"A", "B", "C"}));
    EXPECT_THAT(keys_of_environment(variables({{"AWS_ACCESS_KEY_ID", "A"}})).error(),
                HasSubstr("AWS_SECRET_ACCESS_KEY is not"));
    EXPECT_THAT(keys_of_environment(variables({{"AWS_SECRET_ACCESS_KEY", "B"}})).error(),
                HasSubstr("AWS_ACCESS_KEY_ID is not"));
}

class KeysOfFile : public ::testing::Test {
  protected:
    KeysOfFile() {
        const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
        home = std::filesystem::temp_directory_path() /
               ("bw_keys_" + std::to_string(::getpid()) + test->name());
        std::filesystem::create_directories(home / ".aws");
        std::ofstream(home / ".aws" / "credentials") << k_text;
    }
    ~KeysOfFile() override { std::filesystem::remove_all(home); }

    std::filesystem::path home;
};

TEST_F(KeysOfFile, IsTheUsualOneOrTheOneThatIsNamed) {
    EXPECT_EQ((*keys_of_file(variables({{"HOME", home}}), ""))->key_id, "AKIDEFAULT");
    EXPECT_EQ((*keys_of_file(variables({{"HOME", home}}), "other"))->key_id, "ASIAOTHER");
    EXPECT_EQ((*keys_of_file(variables({{"HOME", home}, {"AWS_PROFILE", "other"}}), ""))->key_id,
              "ASIAOTHER");
    const auto named = home / ".aws" / "credentials";
    EXPECT_EQ((*keys_of_file(variables({{"AWS_SHARED_CREDENTIALS_FILE", named}}), ""))->key_id,
              "AKIDEFAULT");
}

TEST_F(KeysOfFile, IsAFaultOnlyIfSomebodyAskedForIt) {
    EXPECT_EQ(*keys_of_file(variables({}), ""), std::nullopt);
    EXPECT_EQ(*keys_of_file(variables({{"HOME", "/nowhere"}}), ""), std::nullopt);
    std::ofstream(home / ".aws" / "credentials") << "[other]\n";
    EXPECT_EQ(*keys_of_file(variables({{"HOME", home}}), ""), std::nullopt);
    EXPECT_THAT(keys_of_file(variables({{"HOME", "/nowhere"}}), "other").error(),
                HasSubstr("\"/nowhere/.aws/credentials\" cannot be read"));
    EXPECT_THAT(keys_of_file(variables({{"HOME", home}, {"AWS_PROFILE", "gone"}}), "").error(),
                HasSubstr("has no profile [gone]"));
}

TEST_F(KeysOfFile, FilesThatAreNoneAreTold) {
    EXPECT_FALSE(read_small_file(home));
    EXPECT_FALSE(read_small_file(home / "none"));
    std::ofstream(home / "large") << std::string((1u << 20) + 1, 'x');
    EXPECT_THAT(read_small_file(home / "large").error(), HasSubstr("more than 1 MiB"));
    std::ofstream(home / "empty").flush();
    EXPECT_EQ(*read_small_file(home / "empty"), "");
}

}  // namespace
}  // namespace bellwether::credentials
