#include "credentials/client_credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bellwether::credentials {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

const ClientCredentials k_plain{.token_url = "https://auth.example/token",
                                .client_id = "id:1",
                                .client_secret = "p/w",
                                .scope = "a b"};

TEST(ClientCredentials, GoIntoTheHeaderEncoded) {
    const TokenRequest request = token_request(k_plain);
    EXPECT_EQ(request.url, "https://auth.example/token");
    EXPECT_EQ(request.body, "grant_type=client_credentials&scope=a%20b");
    // id%3A1:p%2Fw
    EXPECT_THAT(request.headers, Contains("authorization: Basic aWQlM0ExOnAlMkZ3"));
}

TEST(ClientCredentials, GoIntoTheBodyWhereThatIsWanted) {
    ClientCredentials credentials = k_plain;
    credentials.place = ClientSecretPlace::body;
    credentials.audience = "https://api.example/";
    credentials.scope.clear();
    const TokenRequest request = token_request(credentials);
    EXPECT_EQ(request.body,
              "grant_type=client_credentials&client_id=id%3A1&client_secret=p%2Fw&"
              "audience=https%3A%2F%2Fapi.example%2F");
    for (const auto& header : request.headers) EXPECT_THAT(header, Not(HasSubstr("authorization")));
}

TEST(ClientCredentials, EntraIdHasAUrlOfItsTenant) {
    const auto credentials = entra_id("contoso.onmicrosoft.com", "id", "secret");
    const TokenRequest request = token_request(credentials);
    EXPECT_EQ(request.url,
              "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token");
    EXPECT_EQ(request.body,
              "grant_type=client_credentials&client_id=id&client_secret=secret&"
              "scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default");
    EXPECT_EQ(entra_id("t", "id", "s", "api://x/.default").scope, "api://x/.default");
}

TEST(ClientCredentials, FaultsAreTold) {
    EXPECT_EQ(fault_of(k_plain), "");
    EXPECT_EQ(tenant_fault("72f988bf-86f1-41af-91ab-2d7cd011db47"), "");
    for (const char* tenant : {"", "a/b", "a..b", "a b", "{tenant}"}) {
        EXPECT_NE(tenant_fault(tenant), "") << tenant;
    }
    ClientCredentials credentials = k_plain;
    credentials.client_id.clear();
    EXPECT_THAT(fault_of(credentials), HasSubstr("client id"));
    credentials = k_plain;
    credentials.client_secret.clear();
    EXPECT_THAT(fault_of(credentials), HasSubstr("client secret"));
    credentials.token_url = "http://auth.example";
    EXPECT_THAT(fault_of(credentials), HasSubstr("not encrypted"));
}

TEST(ClientTalk, ARefusalSaysWhatToDoAndHidesTheSecret) {
    const auto giver = client_tokens(entra_id("t", "id", "hunter22"));
    const auto talk = giver->talk();
    ASSERT_TRUE(talk->begin());
    const auto step = talk->answered(
        401, R"({"error":"invalid_client","error_description":)"
             R"("AADSTS7000215: Invalid client secret provided: hunter22.","error_codes":[7]})");
    ASSERT_FALSE(step);
    EXPECT_EQ(step.error().what,
              "answered 401 invalid_client: AADSTS7000215: Invalid client secret provided: ***. "
              "(check the client id and its secret, and that it has not expired)");
}

}  // namespace
}  // namespace bellwether::credentials
