// Manifests, options and credentials: every mistake is found before the host listens.
#include "plugin/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "plugin/secret_texts.hpp"

namespace bellwether::plugin {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Origin, IsWhereCredentialsMayGo) {
    EXPECT_EQ(origin_of("https://API.example.com/v1"), "https://api.example.com:443");
    EXPECT_EQ(origin_of("http://127.0.0.1:8080/v1?x"), "http://127.0.0.1:8080");
    EXPECT_EQ(origin_of("https://[::1]:9/"), "https://[::1]:9");
    EXPECT_EQ(origin_of("https://[::1]/"), "https://[::1]:443");
}

// Text that two URL readers would read differently is not an origin at all.
TEST(Origin, RefusesWhatCouldHideAnotherHost) {
    for (const char* url : {"", "ftp://a/", "https://", "https:///v1", "https://good@evil/",
                            "https://evil\\@good/", "https://a b/", "https://a:x/", "//a/"}) {
        EXPECT_EQ(origin_of(url), "") << url;
    }
}

TEST(ReadManifest, RefusesWhatIsNotAnObject) {
    EXPECT_FALSE(read_manifest("[]"));
    EXPECT_FALSE(read_manifest("{"));
    EXPECT_TRUE(read_manifest(nullptr));
    EXPECT_TRUE(read_manifest("{}"));
}

TEST(ReadManifest, UnknownOperationsAndMembersAreIgnored) {
    const auto manifest = read_manifest(R"({"operations":["embeddings","video"],"later":1})");
    ASSERT_TRUE(manifest);
    EXPECT_TRUE(manifest->serves(Operation::embeddings));
    EXPECT_FALSE(manifest->serves(Operation::chat));
}

class RegistryTest : public ::testing::Test {
  protected:
    void SetUp() override {
        unsetenv("HOLYSHEEP_API_KEY");
        unsetenv("HOLYSHEEP_BASE_URL");
    }
    void TearDown() override { SetUp(); }

    static config::Provider holysheep() {
        config::Provider provider;
        provider.name = "sheep";
        provider.plugin = "holysheep";
        provider.at = {3, 1};
        return provider;
    }

    // What loading says, one line each.
    std::string load(config::Provider provider, std::vector<config::Route> routes = {}) {
        config::Config config;
        config.file = "t.toml";
        config.providers = {std::move(provider)};
        config.routes = std::move(routes);
        std::vector<config::Diagnostic> diagnostics;
        registry_ = plugin::load(config, {BELLWETHER_PLUGIN_DIR}, diagnostics);
        std::string text;
        for (const auto& diagnostic : diagnostics) text += to_string(diagnostic) + "\n";
        return text;
    }

    Registry registry_;
};

// The providers of one config after those of another, by what changed.
TEST_F(RegistryTest, AProviderIsKeptAsLongAsNothingOfItDiffers) {
    setenv("HOLYSHEEP_API_KEY", "sk-one", 1);
    config::Config config;
    config.file = "t.toml";
    config.providers = {holysheep()};
    std::vector<config::Diagnostic> diagnostics;
    const Registry first = plugin::load(config, {BELLWETHER_PLUGIN_DIR}, diagnostics);
    const InUse before{config, first};
    const auto is_kept = [&](const config::Config& now) {
        const Registry next = plugin::load(now, {BELLWETHER_PLUGIN_DIR}, diagnostics, &before);
        EXPECT_EQ(next.providers[0]->library, first.providers[0]->library) << "mapped once";
        return next.providers[0] == first.providers[0];
    };
    config::Config moved = config;
    moved.providers[0].at = {9, 1};
    moved.providers[0].retry.attempts = 1;
    EXPECT_TRUE(is_kept(moved)) << "what only the host looks at";
    config::Config slower = config;
    slower.providers[0].timeouts.total = std::chrono::seconds(1);
    EXPECT_FALSE(is_kept(slower));
    config::Config listed = config;
    listed.providers[0].models = {"another"};
    EXPECT_FALSE(is_kept(listed));
    setenv("HOLYSHEEP_API_KEY", "sk-two", 1);
    EXPECT_FALSE(is_kept(config)) << "the value behind a reference";
}

TEST_F(RegistryTest, AnotherProviderHasItsConnectionsIfTheWireIsTheSame) {
    setenv("HOLYSHEEP_API_KEY", "sk-one", 1);
    config::Config config;
    config.providers = {holysheep()};
    std::vector<config::Diagnostic> diagnostics;
    const Registry first = plugin::load(config, {BELLWETHER_PLUGIN_DIR}, diagnostics);
    config::Config now = config;
    now.providers[0].timeouts.total = std::chrono::seconds(1);
    const InUse before{config, first};
    const Registry next = plugin::load(now, {BELLWETHER_PLUGIN_DIR}, diagnostics, &before);
    EXPECT_EQ(next.providers[0]->wire, first.providers[0]->wire);
    now.providers[0].wire.idle_time = std::chrono::seconds(1);
    const Registry other = plugin::load(now, {BELLWETHER_PLUGIN_DIR}, diagnostics, &before);
    EXPECT_NE(other.providers[0]->wire, first.providers[0]->wire);
}

TEST_F(RegistryTest, AMissingKeyIsAnErrorThatNamesTheVariable) {
    const std::string said = load(holysheep());
    EXPECT_THAT(said, HasSubstr("t.toml:3:1: error:"));
    EXPECT_THAT(said, HasSubstr("HOLYSHEEP_API_KEY"));
    EXPECT_THAT(said, HasSubstr("required = false"));
}

TEST_F(RegistryTest, AnOptionalProviderIsSwitchedOff) {
    auto provider = holysheep();
    provider.required = false;
    EXPECT_THAT(load(provider), HasSubstr("warning:"));
    EXPECT_THAT(registry_.providers[0]->unavailable, HasSubstr("HOLYSHEEP_API_KEY"));
}

TEST_F(RegistryTest, AnotherVendorsKeyIsRefusedAndNotPrinted) {
    setenv("HOLYSHEEP_API_KEY", "sk-ant-api03-verysecret", 1);
    const std::string said = load(holysheep());
    EXPECT_THAT(said, HasSubstr("error:"));
    EXPECT_THAT(said, HasSubstr("Anthropic"));
    EXPECT_EQ(said.find("verysecret"), std::string::npos);
}

TEST_F(RegistryTest, ASuspiciousKeyIsAWarning) {
    setenv("HOLYSHEEP_API_KEY", "sk-verysecret", 1);
    const std::string said = load(holysheep());
    EXPECT_THAT(said, HasSubstr("warning:"));
    EXPECT_EQ(said.find("error:"), std::string::npos);
    EXPECT_EQ(said.find("verysecret"), std::string::npos);
}

// Streams of this route go on where they can; it has the one provider.
std::vector<config::Route> going_on() {
    config::Route route;
    route.model = "m";
    route.to.resize(1);
    route.continue_stream = true;
    route.at = {9, 1};
    return {route};
}

TEST_F(RegistryTest, ARouteWhoseStreamsCanGoOnNowhereIsAWarning) {
    config::Provider openai;
    openai.name = "o";
    openai.plugin = "openai";
    openai.base_url = "https://o.test/v1";
    EXPECT_THAT(load(openai), IsEmpty());
    EXPECT_THAT(load(openai, going_on()), HasSubstr("t.toml:9:1: warning: no stream of the route"));
}

TEST_F(RegistryTest, AProviderThatTakesUpAnswersOrIsNotThereIsNoneToWarnOf) {
    setenv("HOLYSHEEP_API_KEY", "cr_x", 1);
    EXPECT_THAT(load(holysheep(), going_on()), IsEmpty());
    EXPECT_EQ(registry_.providers[0]->manifest.continues_with, "partial");
    auto missing = holysheep();
    missing.plugin = "nobody";
    EXPECT_THAT(load(missing, going_on()), Not(HasSubstr("no stream")));
}

TEST_F(RegistryTest, TheBaseUrlComesFromConfigThenEnvironmentThenPlugin) {
    setenv("HOLYSHEEP_API_KEY", "cr_x", 1);
    EXPECT_THAT(load(holysheep()), IsEmpty());
    EXPECT_EQ(registry_.providers[0]->base_url, "https://api.holysheep.ai/v1");
    setenv("HOLYSHEEP_BASE_URL", "https://env.example/v1/", 1);
    load(holysheep());
    EXPECT_EQ(registry_.providers[0]->base_url, "https://env.example/v1");
    auto provider = holysheep();
    provider.base_url = "https://config.example/v1";
    provider.secrets = {{"api_key", "env:HOLYSHEEP_API_KEY", {4, 1}}};
    load(provider);
    EXPECT_EQ(registry_.providers[0]->origin, "https://config.example:443");
}

class SeveralKeys : public RegistryTest {
  protected:
    void SetUp() override {
        for (const char* name : {"KEY_A", "KEY_B"}) unsetenv(name);
        RegistryTest::SetUp();
    }
    void TearDown() override { SetUp(); }

    static config::Provider both() {
        auto provider = holysheep();
        provider.api_keys = {{"api_key", "env:KEY_A", {4, 13}}, {"api_key", "env:KEY_B", {4, 26}}};
        provider.secrets = {provider.api_keys.front()};
        return provider;
    }
    const LoadedProvider& loaded() const { return *registry_.providers[0]; }
    // What a request gets of one of the credentials.
    std::string sent(std::size_t which) const {
        net::Request request;
        const credentials::ReadyCredential ready{loaded().credential("api_key", which), nullptr};
        EXPECT_TRUE(credentials::authorize({&ready, 1}, request));
        return request.headers.empty() ? "" : request.headers.front();
    }
};

TEST_F(SeveralKeys, EachIsACredentialOfItsOwn) {
    setenv("KEY_A", "cr_one", 1);
    setenv("KEY_B", "cr_other", 1);
    EXPECT_THAT(load(both()), IsEmpty());
    EXPECT_EQ(sent(0), "authorization: Bearer cr_one");
    EXPECT_EQ(sent(1), "authorization: Bearer cr_other");
    EXPECT_EQ(loaded().credential("other_key", 1), nullptr);
}

TEST_F(SeveralKeys, ASingleOneIsTheOnlyCredential) {
    setenv("HOLYSHEEP_API_KEY", "cr_single", 1);
    EXPECT_THAT(load(holysheep()), IsEmpty());
    EXPECT_TRUE(loaded().has_credential(0));
    EXPECT_EQ(sent(0), "authorization: Bearer cr_single");
}

TEST_F(SeveralKeys, AMissingOneIsAnErrorAtItsPlace) {
    setenv("KEY_A", "cr_one", 1);
    const std::string said = load(both());
    EXPECT_THAT(said, HasSubstr("t.toml:4:26: error:"));
    EXPECT_THAT(said, HasSubstr("KEY_B"));
}

TEST_F(SeveralKeys, WhereTheProviderMayLackThemTheOthersServe) {
    setenv("KEY_B", "cr_other", 1);
    auto provider = both();
    provider.required = false;
    EXPECT_THAT(load(provider), HasSubstr("t.toml:4:13: warning:"));
    EXPECT_EQ(loaded().unavailable, "");
    EXPECT_FALSE(loaded().has_credential(0));
    EXPECT_TRUE(loaded().has_credential(1));
    EXPECT_EQ(sent(0), "authorization: Bearer cr_other") << "where none is chosen";
    unsetenv("KEY_B");
    load(provider);
    EXPECT_THAT(loaded().unavailable, HasSubstr("KEY_B"));
}

TEST_F(SeveralKeys, EachIsCheckedAndNoneIsPrinted) {
    setenv("KEY_A", "cr_one", 1);
    setenv("KEY_B", "sk-ant-api03-verysecret", 1);
    const std::string said = load(both());
    EXPECT_THAT(said, HasSubstr("t.toml:4:26: error:"));
    EXPECT_THAT(said, HasSubstr("Anthropic"));
    EXPECT_EQ(said.find("verysecret"), std::string::npos);
}

TEST_F(SeveralKeys, NoneIsInWhatAnUpstreamSays) {
    setenv("KEY_A", "cr_one", 1);
    setenv("KEY_B", "cr_one_more", 1);
    load(both());
    EXPECT_EQ(presentable("cr_one_more and cr_one are wrong", loaded()), "*** and *** are wrong");
}

// One vendor's key in the environment must not reach another server that speaks the same dialect.
TEST_F(RegistryTest, AKeyFromTheEnvironmentStaysWithItsVendor) {
    setenv("OPENAI_API_KEY", "sk-openai", 1);
    config::Provider local;
    local.name = "vllm";
    local.plugin = "openai";
    local.base_url = "http://127.0.0.1:8000/v1";
    load(local);
    EXPECT_THAT(registry_.providers[0]->credentials, IsEmpty());
    local.secrets = {{"api_key", "env:OPENAI_API_KEY", {5, 1}}};
    load(local);
    EXPECT_EQ(registry_.providers[0]->credentials.size(), 1u);
    local.secrets.clear();
    local.base_url.clear();
    load(local);
    EXPECT_EQ(registry_.providers[0]->credentials.size(), 1u);
    unsetenv("OPENAI_API_KEY");
}

TEST_F(RegistryTest, UnknownAndWrongOptionsAreNamedWithTheirPlace) {
    config::Provider provider;
    provider.name = provider.plugin = "echo";
    provider.options = {{"dely", "\"5ms\"", {7, 2}}, {"delay", "5", {8, 9}}};
    const std::string said = load(provider);
    EXPECT_THAT(said, HasSubstr("t.toml:7:2: error: unknown key \"dely\""));
    EXPECT_THAT(said, HasSubstr("did you mean \"delay\"?"));
    EXPECT_THAT(said, HasSubstr("t.toml:8:9: error: \"delay\" is 5; expected a duration"));
    provider.options = {{"delay", "\"soon\"", {8, 9}}};
    EXPECT_THAT(load(provider), HasSubstr("\"delay\" is \"soon\"; expected a duration such as"));
}

TEST_F(RegistryTest, ACredentialInAnOptionIsNotRepeated) {
    config::Provider provider;
    provider.name = "p";
    provider.plugin = "openai";
    provider.base_url = "http://127.0.0.1:8000/v1";
    provider.options = {{"headers", "[\"Authorization: Bearer hunter4pass\"]", {7, 2}}};
    EXPECT_THAT(load(provider), HasSubstr("\"headers\" is an array; expected a table"));
    provider.options = {{"headers", "\"hunter4pass\"", {7, 2}}};
    EXPECT_THAT(load(provider), HasSubstr("\"headers\" is a string; expected a table"));
}

TEST_F(RegistryTest, DurationsReachThePluginInMilliseconds) {
    config::Provider provider;
    provider.name = provider.plugin = "echo";
    provider.options = {{"delay", "\"2s\"", {7, 2}}};
    EXPECT_THAT(load(provider), IsEmpty());
    EXPECT_EQ(registry_.providers[0]->config,
              R"({"name":"echo","credentials":[],"delay":2000,"first_delay":0,"repeat":1})")
        << "and what is not given has its default";
}

TEST_F(RegistryTest, AMissingPluginSaysWhereItWasLookedFor) {
    auto provider = holysheep();
    provider.plugin = "hollysheep";
    EXPECT_THAT(load(provider), HasSubstr(BELLWETHER_PLUGIN_DIR));
}

}  // namespace
}  // namespace bellwether::plugin
