// From a manifest, a config and the environment to credentials: what is found where, and what is
// said of what is not.
#include "plugin/load_credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "plugin/load_addresses.hpp"
#include "plugin/secret_texts.hpp"

namespace bellwether::plugin {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr const char* k_variables[] = {"BW_K",
                                       "BW_ID",
                                       "BW_SECRET",
                                       "BW_FILE",
                                       "AWS_ACCESS_KEY_ID",
                                       "AWS_SECRET_ACCESS_KEY",
                                       "AWS_SESSION_TOKEN"};

class LoadCredentials : public ::testing::Test {
  protected:
    void SetUp() override {
        for (const char* name : k_variables) unsetenv(name);
        setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
        setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere", 1);
        wanted.name = "p";
        wanted.plugin = "x";
        wanted.at = {3, 1};
    }
    void TearDown() override {
        SetUp();
        unsetenv("AWS_SHARED_CREDENTIALS_FILE");
    }

    // The provider, of a manifest with these members.
    const LoadedProvider& load(const std::string& members) {
        auto manifest = read_manifest(("{" + members + "}").c_str());
        EXPECT_TRUE(manifest) << manifest.error();
        provider = {};
        said.clear();
        provider.manifest = *std::move(manifest);
        std::vector<config::Diagnostic> diagnostics;
        OptionValues values(wanted, provider.manifest, diagnostics);
        load_addresses(wanted, values, provider, diagnostics);
        load_credentials({wanted, secrets, values, diagnostics}, provider);
        for (auto& diagnostic : diagnostics) {
            diagnostic.file = "c";
            said.push_back(to_string(diagnostic));
        }
        return provider;
    }
    const LoadedProvider& load_one(const std::string& credential) {
        return load(R"("base_url":"https://x.test","options":{"region":{},"profile":{}},)"
                    R"("credentials":[{)" +
                    credential + "}]");
    }
    // The headers that a request to `url` gets of the first credential, and its URL.
    std::vector<std::string> sent(std::string url = "https://x.test/v1") {
        if (provider.credentials.empty()) return {"no credential"};
        net::Request request;
        request.method = "POST";
        request.url = std::move(url);
        const credentials::ReadyCredential ready{provider.credentials.front().credential.get(),
                                                 nullptr};
        EXPECT_TRUE(credentials::authorize({&ready, 1}, request));
        request.headers.push_back(request.url);
        return request.headers;
    }
    void option(const std::string& key, const std::string& json) {
        wanted.options.push_back({key, json, {7, 5}});
    }
    void refers(const std::string& key, const std::string& reference) {
        wanted.secrets.push_back({key, reference, {8, 5}});
    }

    config::Provider wanted;
    config::Secrets secrets = config::Secrets::looked_up;
    LoadedProvider provider;
    std::vector<std::string> said;
};

constexpr const char* k_basic =
    R"("name":"login","kind":"basic","env":"BW_SECRET","id_env":"BW_ID")";
constexpr const char* k_aws =
    R"("name":"aws","kind":"aws-sigv4","region":"{region}","service":"s","profile":"{profile}")";
constexpr const char* k_client =
    R"("name":"c","kind":"oauth2-client-credentials","token_url":"https://t.test/{region}")";

TEST_F(LoadCredentials, ASecretGoesOutByItsKind) {
    setenv("BW_K", "secret&1", 1);
    load_one(R"("name":"k","env":"BW_K")");
    EXPECT_THAT(sent(), Contains("authorization: Bearer secret&1"));
    load_one(R"("name":"k","env":"BW_K","kind":"header","header":"X-K","prefix":"T ")");
    EXPECT_THAT(sent(), Contains("x-k: T secret&1"));
    load_one(R"("name":"k","env":"BW_K","kind":"query","query":"key")");
    EXPECT_THAT(sent(), Contains("https://x.test/v1?key=secret%261"));
    EXPECT_TRUE(holds_credential("at ?key=secret%261", provider));
    EXPECT_THAT(said, IsEmpty());
}

TEST_F(LoadCredentials, AnIdIsPlainOrAReference) {
    setenv("BW_SECRET", "pass", 1);
    option("login_id", R"("me")");
    refers("login_secret", "env:BW_SECRET");
    load_one(k_basic);
    EXPECT_THAT(sent(), Contains("authorization: Basic bWU6cGFzcw=="));
    EXPECT_EQ(presentable("you sent bWU6cGFzcw== and pass", provider), "you sent *** and ***");
    setenv("BW_ID", "me", 1);
    wanted.options = {{"login_id", R"("env:BW_ID")", {7, 5}}};
    load_one(k_basic);
    EXPECT_THAT(sent(), Contains("authorization: Basic bWU6cGFzcw=="));
    EXPECT_THAT(said, IsEmpty());
    wanted.options = {{"login_id", "5", {7, 5}}};
    load_one(k_basic);
    EXPECT_THAT(said, ElementsAre(HasSubstr("its \"login_id\" is no string")));
}

TEST_F(LoadCredentials, TheEnvironmentGivesWhatTheConfigLeavesOut) {
    setenv("BW_SECRET", "pass", 1);
    setenv("BW_ID", "me", 1);
    load_one(k_basic);
    EXPECT_THAT(sent(), Contains("authorization: Basic bWU6cGFzcw=="));
    wanted.base_url = "https://other.test";
    load_one(k_basic);
    EXPECT_THAT(provider.credentials, IsEmpty());
    EXPECT_THAT(said, ElementsAre(HasSubstr("base_url is not the plugin's own, so BW_SECRET")));
    wanted.base_url.clear();
    wanted.origins = {"https://other.test"};
    load_one(k_basic);
    EXPECT_THAT(said, ElementsAre(HasSubstr("one of origins is not the plugin's own")));
    wanted.origins = std::vector<std::string>();
    load_one(k_basic);
    EXPECT_THAT(said, IsEmpty());
}

TEST_F(LoadCredentials, AMissingPartIsNamed) {
    setenv("BW_SECRET", "pass", 1);
    option("region", R"("r")");
    refers("c_secret", "env:BW_SECRET");
    load_one(k_client);
    EXPECT_THAT(said, ElementsAre(StartsWith("c:8:5: error: provider \"p\" has no c: it has no "
                                             "\"c_id\"")));
    wanted.required = false;
    load_one(k_client);
    EXPECT_THAT(said, ElementsAre(StartsWith("c:8:5: warning:")));
    EXPECT_THAT(provider.unavailable, HasSubstr("c_id"));
}

TEST_F(LoadCredentials, OneThatNobodyNeedsIsLeftOut) {
    load_one(std::string(k_client) + R"(,"required":false,"env":"BW_SECRET")");
    EXPECT_THAT(said, IsEmpty()) << "nor does anybody need the region";
    EXPECT_THAT(provider.credentials, IsEmpty());
    load_one(std::string(k_client) + R"(,"required":false)");
    EXPECT_THAT(said, IsEmpty());
}

TEST_F(LoadCredentials, TheEnvironmentIsNoRivalOfTheConfig) {
    setenv("BW_K", "k", 1);
    setenv("BW_SECRET", "s", 1);
    refers("app_secret", "env:BW_SECRET");
    const std::string app = R"({"name":"app","required":false})";
    load(R"("credentials":[{"name":"api_key","env":"BW_K","required":false},)" + app + "]");
    ASSERT_EQ(provider.credentials.size(), 1U);
    EXPECT_EQ(provider.credentials.front().name, "app");
    load(R"("credentials":[{"name":"api_key","env":"BW_K"},)" + app + "]");
    EXPECT_EQ(provider.credentials.size(), 2U) << "the plugin cannot do without the first";
    EXPECT_THAT(said, IsEmpty());
}

TEST_F(LoadCredentials, AnUnknownKeyOfASecretIsNamed) {
    refers("other_key", "env:BW_K");
    load_one(R"("name":"k","required":false)");
    EXPECT_THAT(said, ElementsAre(StartsWith("c:8:5: error: plugin \"x\" has no credential "
                                             "\"other_key\"")));
}

TEST_F(LoadCredentials, AwsTakesKeysOrAProfileOrWhatThereIs) {
    option("region", R"("eu-west-1")");
    load_one(k_aws);
    EXPECT_THAT(said, ElementsAre(HasSubstr("has no aws: the file \"/nowhere\" cannot be read")));
    setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "chain/secret", 1);
    load_one(k_aws);
    EXPECT_THAT(sent(), Contains(HasSubstr("Credential=AKID/")));
    EXPECT_THAT(sent(), Contains(HasSubstr("/eu-west-1/s/aws4_request")));
    EXPECT_TRUE(holds_credential("chain/secret", provider));
    wanted.base_url = "https://other.test";
    load_one(k_aws);
    EXPECT_THAT(said, ElementsAre(HasSubstr("so what AWS's own tools would use is not used")));
    setenv("BW_SECRET", "own", 1);
    option("aws_id", R"("AKOWN")");
    refers("aws_secret", "env:BW_SECRET");
    refers("aws_session_token", "env:BW_SECRET");
    load_one(k_aws);
    EXPECT_THAT(sent(), Contains(HasSubstr("Credential=AKOWN/")));
    EXPECT_THAT(sent(), Contains("x-amz-security-token: own"));
}

TEST_F(LoadCredentials, AwsKeysGoTogetherAndWithoutAProfile) {
    option("region", R"("eu-west-1")");
    refers("aws_secret", "env:BW_SECRET");
    load_one(k_aws);
    EXPECT_THAT(said,
                ElementsAre(HasSubstr("lacks a part; expected \"aws_id\" and \"aws_secret\"")));
    option("aws_id", R"("AKOWN")");
    option("profile", R"("work")");
    load_one(k_aws);
    EXPECT_THAT(said, ElementsAre(HasSubstr("has a profile beside its keys; expected one")));
}

TEST_F(LoadCredentials, AwsTakesTheProfileOfTheConfigAnywhere) {
    const std::string file = ::testing::TempDir() + "bw_aws_profiles";
    std::ofstream(file) << "[work]\naws_access_key_id = AKWORK\naws_secret_access_key = w\n";
    setenv("AWS_SHARED_CREDENTIALS_FILE", file.c_str(), 1);
    setenv("AWS_ACCESS_KEY_ID", "AKID", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "chain", 1);
    option("region", R"("eu-west-1")");
    option("profile", R"("work")");
    wanted.base_url = "https://other.test";
    load_one(k_aws);
    EXPECT_THAT(sent(), Contains(HasSubstr("Credential=AKWORK/")));
    EXPECT_THAT(said, IsEmpty());
}

TEST_F(LoadCredentials, AWrongTextOfTheConfigIsToldAtItsPlace) {
    option("region", R"("EU West")");
    for (const auto how : {config::Secrets::looked_up, config::Secrets::left_out}) {
        secrets = how;
        load_one(k_aws);
        EXPECT_THAT(said, ElementsAre(StartsWith("c:7:5: error: the credential \"aws\" of provider "
                                                 "\"p\" has a region that is none")));
    }
    wanted.options.clear();
    load_one(k_aws);
    EXPECT_THAT(said, ElementsAre(StartsWith("c:3:1: error: provider \"p\" has no \"region\"")));
}

TEST_F(LoadCredentials, ADocumentMayHaveSeveralLinesAndIsCheckedAsAWhole) {
    const std::string file = ::testing::TempDir() + "bw_service_account.json";
    std::ofstream(file) << "{\n \"type\": \"authorized_user\"\n}\n";
    const std::string account =
        R"("name":"account","kind":"google-service-account","env_file":"BW_FILE")";
    load_one(account);
    EXPECT_THAT(said, ElementsAre(HasSubstr("variable BW_FILE is not set")));
    setenv("BW_FILE", file.c_str(), 1);
    load_one(account);
    EXPECT_THAT(said, ElementsAre(HasSubstr("the credential \"account\" of provider \"p\": the "
                                            "service account's key is a person's own sign-in")));
}

TEST_F(LoadCredentials, SeveralValuesAreForOneThatIsASecretAlone) {
    setenv("BW_K", "one", 1);
    wanted.api_keys = {{"api_key", "env:BW_K", {9, 3}}};
    wanted.secrets = {{"api_key", "env:BW_K", {9, 3}}};
    load_one(R"("name":"api_key")");
    EXPECT_THAT(said, IsEmpty());
    EXPECT_TRUE(provider.credential("api_key", 0));
    load_one(R"("name":"l","kind":"basic","secret":"api_key")");
    EXPECT_THAT(said, ElementsAre(StartsWith("c:9:3: error:")));
}

// ---- addresses ----------------------------------------------------------------------------------

constexpr const char* k_regional =
    R"("base_url":"https://{region}-x.test/v1/{region}","origins":["https://{region}.files.test"],)"
    R"("options":{"region":{"default":"eu"}})";

TEST_F(LoadCredentials, AddressesAreFilledFromOptionsAndTheirDefaults) {
    load(k_regional);
    EXPECT_EQ(provider.base_url, "https://eu-x.test/v1/eu");
    EXPECT_TRUE(provider.may_talk_to("https://eu.files.test/a"));
    option("region", R"("us-1")");
    load(k_regional);
    EXPECT_EQ(provider.base_url, "https://us-1-x.test/v1/us-1");
    EXPECT_FALSE(provider.may_talk_to("https://eu.files.test/a"));
    EXPECT_TRUE(provider.is_own_upstream);
    EXPECT_THAT(said, IsEmpty());
}

TEST_F(LoadCredentials, NoValueMovesARequestToAnotherHost) {
    for (const char* value : {R"("evil.test/")", R"("evil.test#")", R"("a@evil")", R"("x:1")"}) {
        wanted.options = {{"region", value, {7, 5}}};
        load(k_regional);
        EXPECT_THAT(said, ElementsAre(StartsWith("c:7:5: error: \"region\" is no part of the name "
                                                 "of a host")))
            << value;
    }
}

TEST_F(LoadCredentials, AnOptionWithoutAValueIsNamedOnce) {
    load(R"("base_url":"https://{region}.test","origins":["https://{region}.files.test"],)"
         R"("options":{"region":{}})");
    EXPECT_THAT(said, ElementsAre(HasSubstr("provider \"p\" has no \"region\"")));
    wanted.base_url = "https://own.test";
    load(R"("base_url":"https://{region}.test","options":{"region":{}})");
    EXPECT_THAT(said, IsEmpty()) << "it is not needed";
}

TEST_F(LoadCredentials, OriginsOfTheConfigReplaceThoseOfTheManifest) {
    wanted.origins = {"https://*.own.test", "https://one.test"};
    load(k_regional);
    EXPECT_TRUE(provider.may_talk_to("https://eu-x.test/v1"));
    EXPECT_TRUE(provider.may_talk_to("https://a.own.test/"));
    EXPECT_TRUE(provider.may_talk_to("https://one.test/"));
    EXPECT_FALSE(provider.may_talk_to("https://eu.files.test/"));
    EXPECT_FALSE(provider.is_own_upstream);
}

}  // namespace
}  // namespace bellwether::plugin
