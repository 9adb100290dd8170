// Where the requests of a table's API go, and with which credential.
#include <bellwether/openai_compatible.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "plugin_fixture.hpp"

namespace {

using namespace bw::openai;

constexpr Credential k_others[] = {{"robot", R"("kind":"bearer","env":"R")", "robot_name",
                                    "robot's token", "robot_name and robot_token"}};
constexpr Api k_api = {.id = "test.versions",
                       .version = "1",
                       .vendor = "Test",
                       .summary = "an API of versions",
                       .base_url = "https://v.test",
                       .secret_env = "V_KEY",
                       .key_header = "x-key",
                       .credentials = k_others,
                       .versions = {"edition", "new", "/old/{model}", "?edition="},
                       .options = R"("edition":{"type":"string"})",
                       .quirks = {.path_prefix = "/new", .configurable = true},
                       .lists_models = false};
struct Versioned : Provider {
    explicit Versioned(const bw::Setup& setup) : Provider(k_api, setup) {}
};

std::string url(std::string_view base_url, std::string_view version,
                bw::Operation operation = bw::Operation::chat) {
    return Addresses(k_api, std::string(base_url), "/new", version).url(operation, "a/b");
}

TEST(Addresses, AreThoseOfTheNewestVersionUnlessADateIsGiven) {
    EXPECT_EQ(url("https://v.test", ""), "https://v.test/new/chat/completions");
    EXPECT_EQ(url("https://v.test", "new"), "https://v.test/new/chat/completions");
    EXPECT_EQ(url("https://v.test", "2024-01-01"),
              "https://v.test/old/a%2Fb/chat/completions?edition=2024-01-01");
    EXPECT_EQ(url("https://v.test", "2024&x=1", bw::Operation::embeddings),
              "https://v.test/old/a%2Fb/embeddings?edition=2024%26x%3D1");
    for (const char* const none : {"latest", " 2024", "v1", "{model}"}) {
        EXPECT_THROW(url("https://v.test", none), bw::Error) << none;
    }
}

TEST(Addresses, TakeABaseUrlWithItsVersion) {
    EXPECT_EQ(url("https://v.test/new", ""), "https://v.test/new/chat/completions");
    EXPECT_EQ(url("https://v.test/new", "2024"),
              "https://v.test/old/a%2Fb/chat/completions?edition=2024");
    EXPECT_EQ(url("https://{model}.test", ""), "https://{model}.test/new/chat/completions")
        << "a base URL is nobody's pattern";
    constexpr Api k_plain = {
        .id = "a", .version = "1", .vendor = "A", .summary = "a", .base_url = "https://a.test/v1"};
    EXPECT_EQ(Addresses(k_plain, "https://a.test/p", "/p", "2024").url(bw::Operation::models, "m"),
              "https://a.test/p/p/models")
        << "without versions it is as it is given";
}

TEST(Keys, AreOneOfThoseThatTheTableKnows) {
    const auto said = [](const std::string& config, std::set<std::string> given) {
        bw::testing::FakeHost host;
        host.secrets = std::move(given);
        const bw::testing::Instance made(host, plugin_table_of<Versioned>(k_api), config);
        return made.error() ? made.error()->message : std::string();
    };
    const std::string plain = R"({"name":"v","base_url":"https://v.test"})";
    const std::string robot = R"({"name":"v","base_url":"https://v.test","robot_name":"r"})";
    EXPECT_EQ(said(plain, {"api_key"}), "");
    EXPECT_EQ(said(robot, {"robot"}), "");
    EXPECT_EQ(said(plain, {"api_key", "robot"}), "") << "the robot is not meant";
    const std::string choices = R"(api_key = "env:V_KEY", or robot_name and robot_token)";
    EXPECT_EQ(said(plain, {"robot"}), "v has no credential; write " + choices);
    EXPECT_EQ(said(robot, {"robot", "api_key"}),
              "v has more than one credential; write only one of " + choices);
}

TEST(Keys, StandInTheManifest) {
    const std::string text = manifest(k_api);
    ASSERT_TRUE(bw::json::valid(text)) << text;
    const bw::json::Value root(text);
    EXPECT_EQ(root["operations"].raw(), R"(["chat","completions","embeddings"])");
    const bw::json::Value key = root["credentials"].at(0);
    EXPECT_EQ(key["kind"].string() + key["header"].string(), "headerx-key");
    EXPECT_FALSE(key["required"].boolean(true));
    EXPECT_EQ(root["credentials"].at(1).raw(),
              R"({"name":"robot","required":false,"kind":"bearer","env":"R"})");
    EXPECT_EQ(root["options"]["edition"]["type"].string(), "string");
    EXPECT_EQ(root["options"]["headers"]["type"].string(), "table");
}

}  // namespace
