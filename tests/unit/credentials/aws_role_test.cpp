#include "credentials/aws_role.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/clock.hpp"
#include "variables.hpp"

namespace bellwether::credentials {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

const WallTime k_now = *read_rfc3339("2026-02-25T05:03:31Z");

constexpr std::string_view k_answer = R"({"Code":"Success","Type":"AWS-HMAC",
    "AccessKeyId":"ASIA1","SecretAccessKey":"s3cret","Token":"t0ken",
    "Expiration":"2026-02-25T06:03:31Z"})";

std::string refusal(int status, std::string_view body) {
    auto token = read_role_answer(status, body, k_now);
    EXPECT_FALSE(token) << body;
    return token ? std::string() : token.error().what;
}

TEST(RoleAnswer, HasKeysForATime) {
    const auto token = read_role_answer(200, k_answer, k_now);
    ASSERT_TRUE(token) << token.error().what;
    EXPECT_EQ(std::get<AwsKeys>(token->value), (AwsKeys{"ASIA1", "s3cret", "t0ken"}));
    EXPECT_EQ(token->lifetime, 3600s);
}

TEST(RoleAnswer, WhatIsNoneIsTold) {
    EXPECT_EQ(refusal(200, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"no trust"})"),
              "answered 200 AssumeRoleUnauthorizedAccess: no trust");
    EXPECT_EQ(refusal(400, R"({"code":"Invalid","message":"bad id"})"),
              "answered 400 Invalid: bad id");
    EXPECT_THAT(refusal(200, "<html>"), HasSubstr("has no aws_access_key_id"));
    EXPECT_THAT(refusal(200, R"({"AccessKeyId":"A","SecretAccessKey":"B"})"),
                HasSubstr("without an Expiration"));
    std::string old(k_answer);
    old.replace(old.find("2026-"), 5, "2025-");
    EXPECT_THAT(refusal(200, old), HasSubstr("clock is right"));
    EXPECT_THAT(refusal(200, old), Not(HasSubstr("s3cret")));
}

TEST(ContainerRole, IsSaidByTheEnvironment) {
    EXPECT_EQ(container_role(variables({}))->has_value(), false);
    const auto relative =
        container_role(variables({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/creds"}}));
    EXPECT_EQ((*relative)->url, "http://169.254.170.2/v2/creds");
    for (const char* url : {"http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1",
                            "http://127.0.0.1:99/x", "https://agent.example/x"}) {
        const auto full = container_role(variables({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url},
                                                    {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "tok"}}));
        ASSERT_TRUE(full) << url;
        EXPECT_EQ((*full)->url, url);
        EXPECT_EQ((*full)->token, "tok");
    }
}

TEST(ContainerRole, ATokenGoesToNoStranger) {
    for (const char* url : {"http://evil.example/", "http://169.254.170.2.evil.example/",
                            "http://169.254.170.2@evil.example/", "ftp://169.254.170.2/"}) {
        EXPECT_FALSE(container_role(variables({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", url}})))
            << url;
    }
    EXPECT_FALSE(
        container_role(variables({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@evil.example"}})));
}

TEST(ContainerTalk, SendsTheTokenThatItsFileHasNow) {
    const auto file =
        std::filesystem::temp_directory_path() / ("bw_role_" + std::to_string(::getpid()));
    std::ofstream(file) << "first\n";
    const auto giver = container_tokens({.url = "http://169.254.170.23/v1", .token_file = file});
    EXPECT_THAT(giver->talk()->begin()->headers, Contains("authorization: first"));
    std::ofstream(file) << "second\n";
    const auto talk = giver->talk();
    const auto request = talk->begin();
    EXPECT_EQ(request->method, "GET");
    EXPECT_THAT(request->headers, Contains("authorization: second"));
    std::ofstream(file) << "two\nlines";
    EXPECT_THAT(giver->talk()->begin().error().what, HasSubstr("no header can carry"));
    std::filesystem::remove(file);
    EXPECT_THAT(giver->talk()->begin().error().what, HasSubstr("cannot be read"));
}

class InstanceRole : public ::testing::Test {
  protected:
    InstanceRole() : before(Clock::give(&time)) { time.wall = k_now; }
    ~InstanceRole() override { Clock::give(before); }

    Clock::Simulated time;
    Clock::Simulated* before;
    std::shared_ptr<const TokenGiver> giver = instance_tokens("http://169.254.169.254");
    std::unique_ptr<TokenTalk> talk = giver->talk();
};

TEST_F(InstanceRole, IsAskedForInThreeSteps) {
    const auto session = talk->begin();
    EXPECT_EQ(session->method, "PUT");
    EXPECT_EQ(session->url, "http://169.254.169.254/latest/api/token");
    const auto role = talk->answered(200, "session-1");
    EXPECT_EQ(std::get<TokenRequest>(*role).url,
              "http://169.254.169.254/latest/meta-data/iam/security-credentials/");
    EXPECT_THAT(std::get<TokenRequest>(*role).headers,
                ElementsAre("x-aws-ec2-metadata-token: session-1"));
    const auto keys = talk->answered(200, "my-role\n");
    EXPECT_EQ(std::get<TokenRequest>(*keys).url,
              "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role");
    const auto token = talk->answered(200, k_answer);
    EXPECT_EQ(std::get<Token>(*token).lifetime, 3600s);
}

TEST_F(InstanceRole, EachStepsFaultSaysWhatToDo) {
    ASSERT_TRUE(talk->begin());
    EXPECT_THAT(talk->answered(403, "").error().what, HasSubstr("hop limit"));
    talk = giver->talk();
    ASSERT_TRUE(talk->begin());
    ASSERT_TRUE(talk->answered(200, "s"));
    EXPECT_THAT(talk->answered(404, "").error().what, HasSubstr("profile with a role"));
    talk = giver->talk();
    ASSERT_TRUE(talk->begin());
    ASSERT_TRUE(talk->answered(200, "s"));
    EXPECT_FALSE(talk->answered(200, "../../x"));
}

TEST(AwsOrigin, IsTheFirstThatThereIs) {
    const auto of = [](std::map<std::string, std::string> set) {
        set.try_emplace("HOME", "/nowhere");
        return find_aws_origin(variables(std::move(set)));
    };
    EXPECT_EQ(std::get<AwsKeys>(*of({{"AWS_ACCESS_KEY_ID", "A"}, {"AWS_SECRET_ACCESS_KEY", "B"}})),
              (AwsKeys{"A", "B"}));
    const auto url_of = [](const AwsOrigin& origin) {
        return std::get<std::shared_ptr<const TokenGiver>>(origin)->talk()->begin()->url;
    };
    EXPECT_EQ(url_of(*of({{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x"}})),
              "http://169.254.170.2/x");
    EXPECT_EQ(url_of(*of({})), "http://169.254.169.254/latest/api/token");
    EXPECT_EQ(url_of(*of({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9/"}})),
              "http://127.0.0.1:9/latest/api/token");
    EXPECT_THAT(of({{"AWS_EC2_METADATA_DISABLED", "TRUE"}}).error(), HasSubstr("switched off"));
    EXPECT_FALSE(of({{"AWS_ACCESS_KEY_ID", "A"}}));
}

}  // namespace
}  // namespace bellwether::credentials
