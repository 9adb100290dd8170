// The credentials and addresses of a manifest: every mistake is named.
#include "plugin/manifest_credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/manifest.hpp"

namespace bellwether::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The mistakes of a manifest with these members, and options that texts may name.
std::vector<std::string> mistakes(const std::string& members) {
    const std::string text = R"({"options":{"region":{},"port":{"type":"integer"},"on":{"type":)"
                             R"("boolean"}},)" +
                             members + "}";
    EXPECT_TRUE(json::valid(text)) << text;
    return check_manifest(json::Value(text)).mistakes;
}

std::vector<std::string> mistakes_of(const std::string& credential) {
    return mistakes(R"("credentials":[{)" + credential + "}]");
}

CredentialSpec spec(const std::string& credential) {
    const std::string text = "{" + credential + "}";
    EXPECT_THAT(mistakes_of(credential), IsEmpty()) << text;
    return read_credential(json::Value(text));
}

TEST(ManifestCredentials, AllKindsAreRead) {
    EXPECT_EQ(spec(R"("name":"api_key")").kind.index(), 0u);
    const auto header = spec(R"("name":"k_key","kind":"header","header":"x-k","prefix":"T ")");
    EXPECT_EQ(std::get<credentials::HeaderKind>(header.kind).prefix, "T ");
    const auto query = spec(R"("name":"k_key","kind":"query","query":"key")");
    EXPECT_EQ(std::get<credentials::QueryKind>(query.kind).name, "key");
    const auto aws = spec(R"("name":"aws","kind":"aws-sigv4","region":"{region}",)"
                          R"("service":"bedrock","profile":"{region}")");
    EXPECT_EQ(std::get<credentials::AwsSigV4Kind>(aws.kind).scope.region, "{region}");
    EXPECT_EQ(aws.profile, "{region}");
    const auto google =
        spec(R"("name":"account","kind":"google-service-account","scopes":["a","b"])");
    EXPECT_THAT(std::get<credentials::GoogleServiceAccountKind>(google.kind).scopes,
                ElementsAre("a", "b"));
    const auto client = spec(R"("name":"c","kind":"oauth2-client-credentials","place":"body",)"
                             R"("token_url":"https://{region}.test/t","scope":"s")");
    EXPECT_EQ(std::get<credentials::ClientCredentialsKind>(client.kind).place,
              credentials::ClientSecretPlace::body);
}

TEST(ManifestCredentials, TheirPartsHaveKeysOfTheConfig) {
    EXPECT_THAT(spec(R"("name":"api_key")").keys(), ElementsAre("api_key"));
    EXPECT_THAT(spec(R"("name":"k")").keys(), ElementsAre("k_secret"));
    EXPECT_THAT(spec(R"("name":"k","secret":"a_token")").keys(), ElementsAre("a_token"));
    EXPECT_THAT(spec(R"("name":"account","kind":"google-service-account")").keys(),
                ElementsAre("account_key"));
    EXPECT_THAT(spec(R"("name":"login","kind":"basic")").keys(),
                ElementsAre("login_id", "login_secret"));
    EXPECT_THAT(
        spec(R"("name":"aws","kind":"aws-sigv4","region":"r","service":"s","id":"aws_access_key_id",
                "secret":"aws_secret_access_key","session_token":"aws_session_token")")
            .keys(),
        ElementsAre("aws_access_key_id", "aws_secret_access_key", "aws_session_token"));
}

TEST(ManifestCredentials, EachMistakeIsNamed) {
    const std::string aws = R"("name":"a","kind":"aws-sigv4","service":"s",)";
    const std::string client = R"("name":"c","kind":"oauth2-client-credentials",)";
    for (const auto& [text, said] : std::vector<std::pair<std::string, std::string>>{
             {R"("name":"k","kind":"digest")", "not one of bearer, header, query, basic"},
             {R"("name":"k","kind":5)", "\"credentials[0].kind\" is a number, not a string"},
             {R"("name":"k","kind":"header")", "\"credentials[0].header\" is missing"},
             {R"("name":"k","header":"x")", "\"credentials[0].header\" is for the kind header"},
             {R"("name":"k","kind":"header","header":"host")", "which is the host's own"},
             {R"("name":"k","kind":"header","header":"a b")", "names a header that can be none"},
             {R"("name":"k","kind":"query")", "\"credentials[0].query\" is missing"},
             {R"("name":"k","id":"x")", "is for the kinds basic, aws-sigv4, oauth2"},
             {aws + R"("x":1)", "\"credentials[0].region\" is missing"},
             {aws + R"("region":"US East")", "\"credentials[0]\" has a region that is none"},
             {aws + R"("region":"{regin}")", "names {regin}, which is none of the options"},
             {aws + R"("region":"{on}")", "names {on}, an option of type boolean"},
             {aws + R"("region":"{")", "whose braces each hold the name of an option"},
             {aws + R"("region":"r","env":"X")", "\"credentials[0].env\" is for the kinds bearer"},
             {client + R"("scope":"s")", "and \"tenant\" are missing: one of the two is needed"},
             {client + R"("token_url":"https://t.test","tenant":"t")", "stands beside \"tenant\""},
             {client + R"("tenant":"t","place":"body")", "\"credentials[0].place\" is for a"},
             {client + R"("tenant":"a/b")", "has a tenant that is neither"},
             {client + R"("token_url":"http://t.test/")", "has a token URL that"},
             {client + R"("token_url":"https://t.test","place":"url")", "not one of header, body"},
             {R"("name":"k","secret":"password")", "a name that ends in _key, _token or _secret"},
             {R"("name":"l","kind":"basic","id":"region")", "under \"region\", which is another"},
             {R"("name":"l","kind":"basic","id":"models")", "under \"models\", which is another"},
             {R"("name":"g","kind":"google-service-account","scopes":"s")", "not an array"},
             {R"("name":"g","kind":"google-service-account","scopes":[1])",
              "\"credentials[0].scopes[0]\" is a number"},
             {R"("name":"k","env_file":"A B")", "the name of an environment variable"},
         }) {
        const auto found = mistakes_of(text);
        ASSERT_THAT(found, SizeIs(1)) << text;
        EXPECT_THAT(found.front(), HasSubstr(said)) << text;
    }
}

TEST(ManifestCredentials, NoTwoHaveAKeyInCommon) {
    const auto found = mistakes(R"("credentials":[{"name":"a","secret":"x_key"},
                                                {"name":"b","secret":"x_key"}])");
    EXPECT_THAT(found, ElementsAre(HasSubstr("\"credentials[1]\" gives a part of it under")));
}

TEST(ManifestAddresses, MayHaveBraces) {
    EXPECT_THAT(mistakes(R"("base_url":"https://{region}-x.test:{port}/v1/{region}",
                            "origins":["https://{region}.x.test","https://*.x.test",
                                       "http://127.0.0.1:8080"])"),
                IsEmpty());
}

TEST(ManifestAddresses, EachMistakeIsNamed) {
    for (const auto& [text, said] : std::vector<std::pair<std::string, std::string>>{
             {R"("base_url":"https://{reg}")", "none of the options"},
             {R"("base_url":"https://a}")", "whose braces"},
             {R"("origins":"https://a.test")", "\"origins\" is a string, not an array"},
             {R"("origins":[null])", "\"origins[0]\" is null"},
             {R"("origins":["a.test"])", "which does not begin with https:// or http://"},
             {R"("origins":["ftp://a.test"])", "which does not begin with https:// or http://"},
             {R"("origins":["https://a.test/"])", "which ends in a slash"},
             {R"("origins":["https://a.test/v1"])", "which has a path"},
             {R"("origins":["https://*.test"])", "a domain of at least two names"},
             {R"("origins":["https://*"])", "stands for nothing within an origin"},
             {R"("origins":["https://a.*.test"])", "stands for nothing within an origin"},
             {R"("origins":["https://*.0.0.1"])", "a domain of at least two names"},
             {R"("origins":["https://*.{region}.test"])", "a fixed domain behind the *"},
             {R"("origins":["https://a@b.test"])", "holds a user name or a password"},
         }) {
        const auto found = mistakes(text);
        ASSERT_THAT(found, SizeIs(1)) << text;
        EXPECT_THAT(found.front(), HasSubstr(said)) << text;
    }
}

}  // namespace
}  // namespace bellwether::plugin
