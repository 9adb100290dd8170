#include "credentials/service_account.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bellwether/base64.hpp>

#include "json/value.hpp"
#include "rsa_pair.hpp"

namespace bellwether::credentials {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using namespace std::chrono_literals;

std::string decoded(std::string_view text) {
    std::string plain(text);
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    return bw::base64::decode(plain).value_or("not base64");
}

std::string error_of(std::string_view json) {
    auto account = ServiceAccount::read(json);
    EXPECT_FALSE(account) << json;
    return account ? std::string() : account.error();
}

TEST(ServiceAccount, SignsAnAssertionThatItsPublicKeyVerifies) {
    const auto account = ServiceAccount::read(account_json(rsa_pair().pem()));
    ASSERT_TRUE(account) << account.error();
    const std::string token = *assertion(*account, "scope-a scope-b", WallTime(1'700'000'000s));
    const auto first = token.find('.');
    const auto second = token.rfind('.');
    EXPECT_EQ(decoded(token.substr(0, first)), R"({"alg":"RS256","typ":"JWT","kid":"kid-1"})");
    EXPECT_EQ(decoded(token.substr(first + 1, second - first - 1)),
              R"({"iss":"bell@p.iam.gserviceaccount.com","scope":"scope-a scope-b",)"
              R"("aud":"https://oauth2.googleapis.com/token","iat":1700000000,)"
              R"("exp":1700003600})");
    EXPECT_TRUE(rsa_pair().verifies(token.substr(0, second), decoded(token.substr(second + 1))));
    EXPECT_EQ(token.find_first_of("+/="), std::string::npos);
}

TEST(ServiceAccount, WrongFilesAreToldApart) {
    EXPECT_THAT(error_of("-----BEGIN PRIVATE KEY-----"), HasSubstr("no valid JSON"));
    EXPECT_THAT(error_of("[]"), HasSubstr("no object"));
    EXPECT_THAT(error_of("{}"), HasSubstr("no \"type\""));
    EXPECT_THAT(error_of(R"({"type":"authorized_user"})"), HasSubstr("own sign-in"));
    EXPECT_THAT(error_of(R"({"type":"external_account"})"), HasSubstr("workload identity"));
    EXPECT_THAT(error_of(R"({"type":"other"})"), HasSubstr("another \"type\""));
    EXPECT_THAT(error_of(R"({"type":"service_account"})"), HasSubstr("client_email"));
    EXPECT_THAT(error_of(R"({"type":"service_account","client_email":"a@b"})"),
                HasSubstr("no \"private_key\""));
    EXPECT_THAT(error_of(account_json(rsa_pair().pem(), "http://evil.example/t")),
                HasSubstr("token_uri"));
}

TEST(ServiceAccount, WrongKeysAreToldApartAndNeverRepeated) {
    EXPECT_THAT(error_of(account_json("S3CRET")), HasSubstr("no PEM text"));
    EXPECT_THAT(error_of(account_json("S3CRET")), Not(HasSubstr("S3CRET")));
    EXPECT_THAT(error_of(account_json("-----BEGIN ENCRYPTED PRIVATE KEY-----")),
                HasSubstr("encrypted with a password"));
    EXPECT_THAT(error_of(account_json(KeyPair::elliptic().pem())), HasSubstr("not an RSA key"));
    EXPECT_THAT(error_of(account_json(KeyPair::rsa(1024).pem())), HasSubstr("2048"));
    std::string cut = rsa_pair().pem();
    cut.erase(cut.size() / 2, 10);
    EXPECT_THAT(error_of(account_json(cut)), HasSubstr("no PEM text"));
}

TEST(ServiceAccount, ATokenUrlThatIsLeftOutIsGoogles) {
    std::string json = account_json(rsa_pair().pem());
    json.replace(json.find("token_uri"), 9, "other_key");
    EXPECT_EQ(ServiceAccount::read(json)->token_url, k_google_token_url);
}

TEST(GoogleTalk, PostsTheAssertionAndReadsTheToken) {
    const auto giver = google_tokens(*ServiceAccount::read(account_json(rsa_pair().pem())), {});
    const auto talk = giver->talk();
    const auto request = talk->begin();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->url, k_google_token_url);
    EXPECT_THAT(request->body,
                StartsWith("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&"
                           "assertion=ey"));
    const auto step = talk->answered(200, R"({"access_token":"t","expires_in":3599})");
    ASSERT_TRUE(step);
    EXPECT_EQ(std::get<Token>(*step).lifetime, 3599s);
}

TEST(GoogleTalk, ARefusalSaysWhatToDoAndHidesTheAssertion) {
    const auto giver =
        google_tokens(*ServiceAccount::read(account_json(rsa_pair().pem())), {"a", "b"});
    const auto talk = giver->talk();
    const std::string body = talk->begin()->body;
    const std::string assertion = body.substr(body.find("assertion=") + 10);
    const auto step = talk->answered(
        400, R"({"error":"invalid_grant","error_description":"bad )" + assertion + "\"}");
    ASSERT_FALSE(step);
    EXPECT_THAT(step.error().what, HasSubstr("bad ***"));
    EXPECT_THAT(step.error().what, HasSubstr("clock is right"));
}

}  // namespace
}  // namespace bellwether::credentials
