// The keys of [providers.NAME] that say how it is reached, and proxies.
#include <cstdlib>
#include <fstream>

#include "config/proxy.hpp"
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

constexpr std::string_view k_route = "\n[[routes]]\nmodel = \"*\"\nto = \"p\"\n";

TEST(Wire, ReadsEveryKey) {
    const auto loaded = parse(std::string(R"([providers.p]
http = "auto"
proxy = "HTTPS://proxy.example/"
proxy_secret = "env:PROXY_LOGIN"
max_connections = 8
max_idle_connections = 4
idle_connection_time = "2m"
)") + std::string(k_route),
                              "c.toml");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    const Wire& wire = loaded.config.providers.at(0).wire;
    EXPECT_EQ(wire.http, HttpVersion::automatic);
    EXPECT_EQ(wire.proxy_choice, ProxyChoice::given);
    EXPECT_EQ(wire.proxy, "https://proxy.example:443");
    EXPECT_EQ(wire.proxy_secret, "env:PROXY_LOGIN");
    EXPECT_EQ(wire.connections_max, 8u);
    EXPECT_EQ(wire.idle_connections_max, 4u);
    EXPECT_EQ(wire.idle_time, std::chrono::seconds(120));
    EXPECT_TRUE(loaded.config.providers[0].secrets.empty());
}

TEST(Wire, NeverPrintsAProxysPassword) {
    for (const char* line :
         {"proxy = \"http://me:hidden@proxy:1\"", "proxy = \"ftp://me:hidden@proxy:1\"",
          "proxy = \"http://me:hidden@proxy:x\"", "proxy_secret = \"me:hidden\""}) {
        const std::string text =
            mistakes("[providers.p]\n" + std::string(line) + std::string(k_route));
        EXPECT_NE(text.find(": error: providers.p.proxy"), std::string::npos) << text;
        EXPECT_EQ(text.find("hidden"), std::string::npos) << text;
    }
}

TEST(Wire, ChecksFilesAndChoices) {
    const Mistake cases[] = {
        {"[providers.p]\nhttp = \"3\"",
         "c.toml:2:8: error: providers.p.http = \"3\" is unknown; expected one of \"1.1\", "
         "\"auto\", \"2\"; did you mean \"2\"?"},
        {"[providers.p]\nmax_connections = 0",
         "c.toml:2:19: error: providers.p.max_connections = 0 is out of range; expected a whole "
         "number from 1 to 65536"},
        {"[providers.p]\nclient_cert = \"/etc/passwd\"",
         "c.toml:2:15: error: providers.p.client_cert = \"/etc/passwd\" holds no certificate in "
         "PEM format; expected a file with a PEM certificate"},
        {"[providers.p]\nclient_cert = \"nowhere.pem\"",
         "c.toml:2:15: error: providers.p.client_cert = \"nowhere.pem\" cannot be read; expected a "
         "file with a PEM certificate"},
    };
    expect_all(cases, k_route);
}

TEST(Wire, RefusesAKeyWithAPassphrase) {
    const std::string file = testing::TempDir() + "/bellwether_encrypted_key.pem";
    std::ofstream(file) << "-----BEGIN ENCRYPTED PRIVATE KEY-----\n";
    const std::string text =
        mistakes("[providers.p]\nclient_key = \"" + file + "\"" + std::string(k_route));
    EXPECT_NE(text.find("encrypted with a passphrase"), std::string::npos) << text;
}

TEST(Proxy, IsTakenApart) {
    const auto proxy = parse_proxy("http://me:p%40ss@proxy.example:8080/");
    ASSERT_TRUE(proxy);
    EXPECT_EQ(proxy->url, "http://proxy.example:8080");
    EXPECT_EQ(proxy->user, "me");
    EXPECT_EQ(proxy->password, "p@ss");
    EXPECT_EQ(parse_proxy("proxy")->url, "http://proxy:3128");
    EXPECT_EQ(parse_proxy("socks5h://[::1]")->url, "socks5h://[::1]:1080");
    for (const char* wrong :
         {"socks4://a", "http://", "http://a:0", "http://a/path", "http://a b"}) {
        EXPECT_FALSE(parse_proxy(wrong)) << wrong;
    }
}

TEST(Proxy, ExceptionsCoverNamesBelow) {
    const auto bypasses = [](std::string_view list) {
        return bypasses_proxy(list, "https://api.Example.com/v1");
    };
    for (const char* list : {"*", "example.com", ".example.com", "*.example.com",
                             "x, API.example.com", "api.example.com:443"}) {
        EXPECT_TRUE(bypasses(list)) << list;
    }
    for (const char* list : {"", ",", "ample.com", "api.example.com:8443", "com.example"}) {
        EXPECT_FALSE(bypasses(list)) << list;
    }
    EXPECT_TRUE(bypasses_proxy("10.0.0.1", "http://10.0.0.1:81/v1"));
    EXPECT_TRUE(bypasses_proxy("[fd00::1]", "http://[fd00::1]:81/v1"));
    EXPECT_TRUE(bypasses_proxy("fd00::1", "http://[fd00::1]:81/v1"));
}

class EnvironmentTest : public testing::Test {
  protected:
    void SetUp() override { TearDown(); }
    void TearDown() override {
        for (const char* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                 "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
            unsetenv(name);
        }
    }
    static std::string proxy_of(std::string_view url) {
        const auto found = environment_proxy(url);
        return found ? found->address.url : found.error();
    }
};

TEST_F(EnvironmentTest, NamesAProxyForEachScheme) {
    EXPECT_EQ(proxy_of("https://api.example"), "");
    setenv("HTTP_PROXY", "http://capitals:1", 1);
    setenv("all_proxy", "http://all:1", 1);
    setenv("HTTPS_PROXY", "http://secure:1", 1);
    EXPECT_EQ(proxy_of("http://api.example"), "http://all:1");
    setenv("http_proxy", "http://plain:1", 1);
    EXPECT_EQ(proxy_of("http://api.example"), "http://plain:1");
    EXPECT_EQ(proxy_of("https://api.example"), "http://secure:1");
    EXPECT_EQ(proxy_of("https://hook.example?token=1"), "http://secure:1");
    setenv("no_proxy", "hook.example", 1);
    EXPECT_EQ(proxy_of("https://hook.example?token=1"), "");
    unsetenv("no_proxy");
    setenv("https_proxy", "http://lower:1", 1);
    EXPECT_EQ(proxy_of("https://api.example"), "http://lower:1");
    setenv("no_proxy", "example", 1);
    EXPECT_EQ(proxy_of("https://api.example"), "");
}

TEST_F(EnvironmentTest, NeverAppliesToThisMachine) {
    setenv("all_proxy", "http://all:1", 1);
    for (const char* url : {"http://localhost:1/v1", "https://127.0.0.1/v1", "http://[::1]:2"}) {
        EXPECT_EQ(proxy_of(url), "") << url;
    }
}

TEST_F(EnvironmentTest, AMistakeNamesTheVariableAndNoPassword) {
    setenv("https_proxy", "ftp://me:hidden@proxy", 1);
    EXPECT_EQ(proxy_of("https://api.example"),
              "the environment variable https_proxy does not begin with http://, https:// or "
              "socks5h://");
}

}  // namespace
}  // namespace bellwether::config
