// The keys of [server] that limit what clients may take.
#include "mistakes.hpp"

namespace bw::config {
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

}  // namespace
}  // namespace bw::config
