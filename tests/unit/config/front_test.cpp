// The keys of [server] that limit what clients may take.
#include <fmt/format.h>

#include "mistakes.hpp"

namespace bellwether::config {
namespace {

Front front(const std::string& keys) {
    const auto loaded = parse("[server]\n" + keys + std::string(k_rest), "c.toml");
    EXPECT_TRUE(loaded.ok()) << keys << mistakes("[server]\n" + keys + std::string(k_rest));
    return loaded.config.server.front;
}

TEST(Front, HasDefaults) {
    const Front defaults = front("");
    EXPECT_EQ(defaults.request_line_bytes_max, 16u << 10);
    EXPECT_EQ(defaults.header_bytes_max, 64u << 10);
    EXPECT_EQ(defaults.header_count_max, 100u);
    EXPECT_EQ(defaults.inflate_ratio_max, 100u);
    EXPECT_EQ(defaults.header_timeout, milliseconds(10'000));
    EXPECT_EQ(defaults.body_timeout, milliseconds(30'000));
    EXPECT_EQ(defaults.body_rate_min, 512u);
    EXPECT_EQ(defaults.idle_timeout, milliseconds(75'000));
    EXPECT_EQ(defaults.write_timeout, milliseconds(60'000));
    EXPECT_EQ(defaults.connections_max, 10'000u);
    EXPECT_EQ(defaults.connections_per_client_max, 0u);
    EXPECT_TRUE(defaults.hosts.empty());
    EXPECT_TRUE(defaults.cors_origins.empty()) << "no page of another origin may read an answer";
}

TEST(Front, ReadsEveryKey) {
    const Front given = front(R"(
max_request_line = "1KiB"
max_headers = "2KiB"
max_header_count = 8
max_inflate_ratio = 1000
header_timeout = "100ms"
body_timeout = "2s"
min_body_rate = "1B"
idle_timeout = "1h"
write_timeout = "3s"
max_connections = 1000000
max_connections_per_client = 1
hosts = ["Gateway.example.com", "box"]
cors_origins = ["https://App.Example:443", "http://localhost:3000", "app://obsidian.md", "*"]
)");
    EXPECT_EQ(given.request_line_bytes_max, 1024u);
    EXPECT_EQ(given.header_bytes_max, 2048u);
    EXPECT_EQ(given.header_count_max, 8u);
    EXPECT_EQ(given.inflate_ratio_max, 1000u);
    EXPECT_EQ(given.header_timeout, milliseconds(100));
    EXPECT_EQ(given.body_timeout, milliseconds(2'000));
    EXPECT_EQ(given.body_rate_min, 1u);
    EXPECT_EQ(given.idle_timeout, milliseconds(3'600'000));
    EXPECT_EQ(given.write_timeout, milliseconds(3'000));
    EXPECT_EQ(given.connections_max, 1'000'000u);
    EXPECT_EQ(given.connections_per_client_max, 1u);
    EXPECT_EQ(given.hosts, (std::vector<std::string>{"gateway.example.com", "box"}));
    EXPECT_EQ(given.cors_origins,
              (std::vector<std::string>{"https://app.example", "http://localhost:3000",
                                        "app://obsidian.md", "*"}));
}

TEST(Front, RefusesWhatIsOutOfRange) {
    const Mistake cases[] = {
        {"[server]\nheader_timeout = \"0s\"",
         "c.toml:2:18: error: server.header_timeout = \"0s\" is out of range; expected \"100ms\" "
         "to "
         "\"1h\""},
        {"[server]\nmax_connections = 0",
         "c.toml:2:19: error: server.max_connections = 0 is out of range; expected a whole number "
         "from 1 to 1000000"},
        {"[server]\nmax_headers = \"2MiB\"",
         "c.toml:2:15: error: server.max_headers = \"2MiB\" is out of range; expected \"1KiB\" to "
         "\"1MiB\""},
        {"[server]\nhosts = [\"http://x\"]",
         "c.toml:2:10: error: server.hosts has \"http://x\", which is no host name; expected a "
         "name "
         "without scheme and port, for example \"gateway.example.com\""},
    };
    expect_all(cases);
}

// A browser's origin has nothing behind the host and the port: such an entry would never fit.
TEST(Front, RefusesOriginsThatNoBrowserSends) {
    const std::pair<const char*, const char*> cases[] = {
        {"https://app.example/", "ends in a slash, which an origin does not"},
        {"https://app.example/chat", "has a path, which an origin has not"},
        {"https://app.example?x", "has a path, which an origin has not"},
        {"https://*.example", "has a *, which stands for nothing within an origin"},
        {"app.example", "does not begin with https:// or another scheme"},
        {"null", "does not begin with https:// or another scheme"},
        {"https://", "names no host"},
        {"https://user@app.example", "holds a user name or a password"},
        {"https://app example", "names no host"},
        {"https://app.example:x", "has no valid port after the host"},
        {"https://app.example:", "has no valid port after the host"},
        {"https://[::1]x", "names no host"},
    };
    for (const auto& [origin, fault] : cases) {
        const std::string text = fmt::format("[server]\ncors_origins = [\"{}\"]\n", origin);
        EXPECT_EQ(mistakes(text + std::string(k_rest)),
                  fmt::format("c.toml:2:17: error: server.cors_origins has \"{}\", which {}; "
                              "expected an origin such as \"https://app.example\" or "
                              "\"http://localhost:3000\", or \"*\"",
                              origin, fault));
    }
}

}  // namespace
}  // namespace bellwether::config
