// How a client says who it is, and what it is told if it does not or if that is not true.
#include "front/client_key.hpp"

#include <gtest/gtest.h>

namespace bellwether::front {
namespace {

const std::string k_alice = "bw-0a1b2c3d-0123456789abcdefghjkmnpqrstvwxyz01234567";
const std::string k_wrong = "bw-0a1b2c3d-secretsecretsecretsecretsecretsecretsecr";
const std::chrono::sys_seconds k_now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

class Identify : public testing::Test {
  protected:
    std::vector<config::Key> keys_{
        {.name = "alice", .id = "0a1b2c3d", .sha256 = policy::key_hash(k_alice)}};
    policy::KeyRing ring_{keys_};

    std::expected<const config::Key*, RefusedClient> of(std::vector<http::Field> fields) const {
        return identify({.method = "POST", .fields = std::move(fields)}, ring_, k_now);
    }
    ErrorReply reply(std::vector<http::Field> fields) const {
        const auto who = of(std::move(fields));
        EXPECT_FALSE(who.has_value());
        return who ? ErrorReply{} : who.error().reply;
    }
};

TEST_F(Identify, AKeyComesInEitherHeader) {
    const std::string bearer = "Bearer " + k_alice, spaced = "bearer   " + k_alice;
    EXPECT_EQ(of({{"authorization", bearer}}).value(), &keys_[0]);
    EXPECT_EQ(of({{"authorization", spaced}}).value(), &keys_[0]);
    EXPECT_EQ(of({{"x-api-key", k_alice}}).value(), &keys_[0]);
    EXPECT_EQ(of({{"x-api-key", k_alice}, {"authorization", bearer}}).value(), &keys_[0]);
    EXPECT_EQ(of({{"authorization", "Basic YTpi"}, {"x-api-key", k_alice}}).value(), &keys_[0]);
}

TEST_F(Identify, TwoKeysMustAgree) {
    const std::string bearer = "Bearer " + k_alice, other = "Bearer " + k_wrong;
    for (const auto& fields :
         {std::vector<http::Field>{{"authorization", bearer}, {"x-api-key", k_wrong}},
          {{"authorization", bearer}, {"authorization", other}},
          {{"x-api-key", k_wrong}, {"x-api-key", k_alice}}}) {
        const auto who = of(fields);
        ASSERT_FALSE(who.has_value());
        EXPECT_EQ(who.error().refusal.fault, policy::KeyFault::ambiguous);
        EXPECT_EQ(who.error().reply.status, 401);
    }
}

TEST_F(Identify, WithoutAKeyTheAnswerIsOpenAIs) {
    for (const auto& fields : {std::vector<http::Field>{},
                               {{"authorization", k_alice}},
                               {{"authorization", "Bearer"}},
                               {{"authorization", "Bearer "}},
                               {{"authorization", "Basic YTpi"}},
                               {{"x-api-key", ""}}}) {
        const ErrorReply told = reply(fields);
        EXPECT_EQ(told.status, 401);
        EXPECT_EQ(told.code, "missing_api_key");
        EXPECT_NE(told.body.find("You didn't provide an API key"), std::string::npos);
        EXPECT_NE(told.body.find(R"("type":"invalid_request_error","param":null,"code":null)"),
                  std::string::npos);
        EXPECT_EQ(told.headers, "www-authenticate: Bearer\r\n");
    }
}

TEST_F(Identify, AWrongKeyIsNotRepeated) {
    const ErrorReply told = reply({{"x-api-key", k_wrong}});
    EXPECT_EQ(told.status, 401);
    EXPECT_NE(told.body.find("Incorrect API key provided: bw-0a1b2c3d-****."), std::string::npos)
        << told.body;
    EXPECT_NE(told.body.find(R"("code":"invalid_api_key")"), std::string::npos);
    for (const std::string other : {"sk-proj-secretsecret", "secretsecret", "bw-secretsecret"}) {
        const std::string body = reply({{"x-api-key", other}}).body;
        EXPECT_NE(body.find("Incorrect API key provided: ****."), std::string::npos) << body;
        EXPECT_EQ(body.find("secret"), std::string::npos) << body;
    }
    EXPECT_EQ(told.body.find("secret"), std::string::npos) << told.body;
}

// The id alone, which is public, does not tell whether there is such a key.
TEST_F(Identify, AnUnknownIdIsToldTheSameAsAWrongSecret) {
    std::string other = k_wrong;
    other.replace(3, 8, "zzzzzzzz");
    std::string unknown = reply({{"x-api-key", other}}).body;
    unknown.replace(unknown.find("zzzzzzzz"), 8, "0a1b2c3d");
    EXPECT_EQ(unknown, reply({{"x-api-key", k_wrong}}).body);
}

TEST_F(Identify, WhoHasTheSecretLearnsWhy) {
    keys_[0].expires = k_now;
    EXPECT_NE(reply({{"x-api-key", k_alice}}).body.find("expired at 2026-11-24T00:00:00Z"),
              std::string::npos);
    keys_[0].disabled = true;
    EXPECT_NE(reply({{"x-api-key", k_alice}}).body.find("is disabled"), std::string::npos);
    EXPECT_NE(reply({{"x-api-key", k_wrong}}).body.find("Incorrect API key"), std::string::npos);
}

TEST(NoAccess, HasTheShapeOfOpenAIs) {
    const ErrorReply told = no_access({.id = "0a1b2c3d", .models = {"qwen-*", "echo"}}, "gpt-4o");
    EXPECT_EQ(told.status, 403);
    EXPECT_EQ(
        told.body,
        R"({"error":{"message":"API key bw-0a1b2c3d does not have access to model \"gpt-4o\". )"
        R"(It has access to qwen-*, echo.","type":"invalid_request_error","param":"model",)"
        R"("code":"model_not_found"}})");
}

}  // namespace
}  // namespace bellwether::front
