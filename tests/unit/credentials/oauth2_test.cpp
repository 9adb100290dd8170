#include "credentials/oauth2.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace bellwether::credentials {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

TokenRefusal refusal(int status, std::string_view body,
                     std::span<const std::string_view> secrets = {}) {
    auto token = read_token_answer(status, body, secrets);
    EXPECT_FALSE(token) << body;
    return token ? TokenRefusal() : token.error();
}

TEST(TokenAnswer, HasATokenAndItsLifetime) {
    const auto token = read_token_answer(
        200, R"({"access_token":"ya29.a","expires_in":3599,"token_type":"Bearer"})", {});
    ASSERT_TRUE(token);
    EXPECT_EQ(std::get<std::string>(token->value), "ya29.a");
    EXPECT_EQ(token->lifetime, 3599s);
}

TEST(TokenAnswer, LifetimesComeInSeveralForms) {
    const auto lifetime = [](const std::string& member) {
        const auto token = read_token_answer(200, R"({"access_token":"a")" + member + "}", {});
        return token ? token->lifetime : -1s;
    };
    EXPECT_EQ(lifetime(R"(,"expires_in":"3600")"), 3600s);
    EXPECT_EQ(lifetime(R"(,"expires_in":59.9)"), 59s);
    EXPECT_EQ(lifetime(""), k_lifetime_unsaid);
    EXPECT_EQ(lifetime(R"(,"expires_in":null)"), k_lifetime_unsaid);
    EXPECT_EQ(lifetime(R"(,"expires_in":1e300)"), k_lifetime_max);
    EXPECT_EQ(lifetime(R"(,"expires_in":0)"), -1s);
    EXPECT_EQ(lifetime(R"(,"expires_in":-5)"), -1s);
    EXPECT_EQ(lifetime(R"(,"expires_in":"soon")"), -1s);
}

TEST(TokenAnswer, ARefusalIsToldInTheEndpointsWords) {
    const auto told = refusal(
        400, R"({"error":"invalid_grant","error_description":"Invalid JWT\r\nSignature."})");
    EXPECT_EQ(told.what, "answered 400 invalid_grant: Invalid JWT Signature.");
    EXPECT_EQ(told.code, "invalid_grant");
    EXPECT_EQ(told.status, 400);
    EXPECT_FALSE(told.may_pass);
}

TEST(TokenAnswer, GooglesOtherFormOfErrorsIsReadToo) {
    const auto told =
        refusal(403, R"({"error":{"code":403,"message":"API off","status":"PERMISSION_DENIED"}})");
    EXPECT_EQ(told.what, "answered 403 PERMISSION_DENIED: API off");
}

TEST(TokenAnswer, SecretsThatAreRepeatedAreHidden) {
    const std::array<std::string_view, 1> secrets{"hunter22"};
    const auto told =
        refusal(401, R"({"error":"hunter22","error_description":"bad hunter22"})", secrets);
    EXPECT_THAT(told.what + told.code, Not(HasSubstr("hunter22")));
}

TEST(TokenAnswer, WhatMayPassIsToldFromWhatDoesNot) {
    EXPECT_TRUE(refusal(503, "<html>busy</html>").may_pass);
    EXPECT_TRUE(refusal(429, "").may_pass);
    EXPECT_TRUE(refusal(400, R"({"error":"temporarily_unavailable"})").may_pass);
    EXPECT_FALSE(refusal(404, "").may_pass);
    EXPECT_EQ(refusal(503, "<html>busy</html>").what, "answered 503 without a reason");
}

TEST(TokenAnswer, WhatIsNoTokenIsRefused) {
    EXPECT_THAT(refusal(200, "<html>").what, HasSubstr("no JSON object"));
    EXPECT_THAT(refusal(200, "[]").what, HasSubstr("no JSON object"));
    EXPECT_THAT(refusal(200, "{}").what, HasSubstr("without an access_token"));
    EXPECT_THAT(refusal(200, R"({"access_token":7})").what, HasSubstr("without an access_token"));
    EXPECT_THAT(refusal(200, R"({"access_token":"a\r\nb: c"})").what, HasSubstr("no header"));
    EXPECT_THAT(refusal(200, R"({"access_token":"a","token_type":"mac"})").what,
                HasSubstr("another type"));
    EXPECT_EQ(refusal(200, R"({"error":"access_denied"})").code, "access_denied");
}

TEST(TokenUrl, OnlyEncryptedOnesButToThisMachine) {
    for (const char* url : {"https://a.example/token", "http://127.0.0.1:8080/t",
                            "http://localhost/t", "http://[::1]:1/t", "https://a.example:444"}) {
        EXPECT_EQ(token_url_fault(url), "") << url;
    }
    for (const char* url :
         {"", "a.example/token", "ftp://a.example", "http://a.example/token", "https://",
          "https://user@a.example/", "https://a.example/a b", "http://localhost.evil.example/"}) {
        EXPECT_NE(token_url_fault(url), "") << url;
    }
}

}  // namespace
}  // namespace bellwether::credentials
