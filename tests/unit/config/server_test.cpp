// [server], [log] and plugin_path.
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

Config valid(const std::string& toml) {
    const auto loaded = parse(toml + std::string(k_rest), "/etc/bw/c.toml");
    EXPECT_TRUE(loaded.diagnostics.empty()) << toml << to_string(loaded.diagnostics.front());
    return loaded.config;
}

TEST(Server, HasDefaults) {
    const Config config = valid("");
    EXPECT_EQ(config.server.host, "127.0.0.1");
    EXPECT_EQ(config.server.port, 4141);
    EXPECT_EQ(config.server.workers, 0u);
    EXPECT_EQ(config.server.max_body_bytes, 32u << 20);
    EXPECT_EQ(config.server.bodies_bytes_max, 1u << 30);
    EXPECT_EQ(config.server.drain, milliseconds(30'000));
    EXPECT_EQ(config.server.heartbeat, milliseconds(15'000));
    EXPECT_EQ(config.log.level, LogLevel::info);
    EXPECT_EQ(config.log.format, LogFormat::automatic);
    EXPECT_TRUE(config.log.access);
    EXPECT_TRUE(config.plugin_path.empty());
    EXPECT_EQ(config.file, "/etc/bw/c.toml");
}

TEST(Server, AUsersHeaderNamesUsersAndNothingElse) {
    const Mistake cases[] = {
        {"[server]\nuser_header = \"x user\"\n",
         "c.toml:2:15: error: server.user_header = \"x user\" is no name of a header; expected "
         "letters, digits, \"-\" and \"_\", for example \"x-openwebui-user-id\""},
        {"[server]\nuser_header = \"Authorization\"\n",
         "c.toml:2:15: error: server.user_header = \"Authorization\" is a header that means "
         "something else; expected one that names users, for example \"x-openwebui-user-id\""},
    };
    expect_all(cases);
}

TEST(Server, ReadsEveryKey) {
    const Config config = valid(R"(
plugin_path = ["plugins", "../lib", "/opt/p"]
[server]
listen = "[::1]:0"
workers = 256
max_body = "1MB"
max_bodies = "8GiB"
drain = "0s"
heartbeat = "none"
user_header = "X-OpenWebUI-User-Id"
[log]
level = "error"
format = "json"
access = false
)");
    EXPECT_EQ(config.server.host, "::1");
    EXPECT_EQ(config.server.port, 0);
    EXPECT_EQ(config.server.workers, 256u);
    EXPECT_EQ(config.server.max_body_bytes, 1'000'000u);
    EXPECT_EQ(config.server.bodies_bytes_max, std::size_t{8} << 30);
    EXPECT_EQ(config.server.drain, milliseconds(0));
    EXPECT_EQ(config.server.heartbeat, milliseconds(0));
    EXPECT_EQ(config.server.user_header, "x-openwebui-user-id");
    EXPECT_EQ(config.log.level, LogLevel::error);
    EXPECT_EQ(config.log.format, LogFormat::json);
    EXPECT_FALSE(config.log.access);
    const std::vector<std::filesystem::path> folders = {"/etc/bw/plugins", "/etc/lib", "/opt/p"};
    EXPECT_EQ(config.plugin_path, folders);
}

TEST(Server, ListensOnLoopbackByAnyOfItsNames) {
    EXPECT_EQ(valid("[server]\nlisten = \"localhost:80\"").server.host, "127.0.0.1");
    EXPECT_EQ(valid("[server]\nlisten = \"127.9.9.9:80\"").server.host, "127.9.9.9");
}

TEST(Server, KnowsEveryUnit) {
    const auto drain = [](const std::string& text) {
        return valid("[server]\ndrain = \"" + text + "\"").server.drain.count();
    };
    EXPECT_EQ(drain("250ms"), 250);
    EXPECT_EQ(drain("7s"), 7'000);
    EXPECT_EQ(drain("2m"), 120'000);
    EXPECT_EQ(drain("1h"), 3'600'000);
    const auto body = [](const std::string& text) {
        return valid("[server]\nmax_body = \"" + text + "\"").server.max_body_bytes;
    };
    EXPECT_EQ(body("2048B"), 2'048u);
    EXPECT_EQ(body("3KB"), 3'000u);
    EXPECT_EQ(body("3KiB"), 3'072u);
    EXPECT_EQ(body("2MiB"), 2u << 20);
    EXPECT_EQ(body("1GB"), 1'000'000'000u);
    EXPECT_EQ(body("1GiB"), 1u << 30);
}

TEST(Server, RefusesAddressesThatAreNone) {
#define HOST_PORT "expected \"host:port\", for example \"127.0.0.1:4141\" or \"[::1]:4141\""
    const Mistake cases[] = {
        {"[server]\nlisten = 4141",
         "c.toml:2:10: error: server.listen is an integer; expected a string"},
        {"[server]\nlisten = \"\"", "c.toml:2:10: error: server.listen is empty"},
        {"[server]\nlisten = \"4141\"",
         "c.toml:2:10: error: server.listen = \"4141\" is a port alone; " HOST_PORT
         "; did you mean \"127.0.0.1:4141\"?"},
        {"[server]\nlisten = \"127.0.0.1\"",
         "c.toml:2:10: error: server.listen = \"127.0.0.1\" is not a host and a port; " HOST_PORT},
        {"[server]\nlisten = \":4141\"",
         "c.toml:2:10: error: server.listen = \":4141\" is not a host and a port; " HOST_PORT},
        {"[server]\nlisten = \"::1:4141\"",
         "c.toml:2:10: error: server.listen = \"::1:4141\" is not a host and a port; " HOST_PORT
         "; an IPv6 address stands in brackets"},
        {"[server]\nlisten = \"127.0.0.1:65536\"",
         "c.toml:2:10: error: server.listen = \"127.0.0.1:65536\" has no valid port; " HOST_PORT},
        {"[server]\nlisten = \"127.0.0.1:\"",
         "c.toml:2:10: error: server.listen = \"127.0.0.1:\" has no valid port; " HOST_PORT},
        {"[server]\nlisten = \"example.com:80\"",
         "c.toml:2:10: error: server.listen = \"example.com:80\" does not begin with an IP address "
         "or "
         "localhost; " HOST_PORT},
        {"[server]\nlisten = \"[127.0.0.1]:80\"",
         "c.toml:2:10: error: server.listen = \"[127.0.0.1]:80\" does not begin with an IP address "
         "or "
         "localhost; " HOST_PORT},
    };
#undef HOST_PORT
    expect_all(cases);
}

TEST(Server, RefusesToListenForOthersWithoutKeys) {
    for (const std::string address :
         {"0.0.0.0:4141", "[::]:4141", "10.1.2.3:80", "[::ffff:127.0.0.1]:1"}) {
        EXPECT_EQ(mistakes("[server]\nlisten = \"" + address + "\"" + std::string(k_rest)),
                  "c.toml:2:10: error: server.listen = \"" + address +
                      "\" can be reached from other machines, and there are no client keys to keep "
                      "strangers out; expected a loopback address such as \"127.0.0.1:4141\", or "
                      "[[keys]]; make a key with `bellwether key new NAME`");
    }
}

TEST(Server, RefusesNumbersThatMakeNoSense) {
#define SIZE "expected a size such as \"512KiB\", \"32MiB\" or \"1GiB\""
#define DURATION "expected a duration such as \"500ms\", \"30s\" or \"10m\""
    const Mistake cases[] = {
        {"[server]\nworkers = 257",
         "c.toml:2:11: error: server.workers = 257 is out of range; expected \"auto\" or 1 to 256"},
        {"[server]\nworkers = -1",
         "c.toml:2:11: error: server.workers = -1 is out of range; expected \"auto\" or 1 to 256"},
        {"[server]\nworkers = \"all\"",
         "c.toml:2:11: error: server.workers = \"all\" is unknown; expected \"auto\" or 1 to 256"},
        {"[server]\nworkers = 1.5",
         "c.toml:2:11: error: server.workers is a float; expected \"auto\" or 1 to 256"},
        {"[server]\nmax_body = 32",
         "c.toml:2:12: error: server.max_body = 32 has no unit; " SIZE "; did you mean \"32MiB\"?"},
        {"[server]\nmax_body = \"32 MiB\"",
         "c.toml:2:12: error: server.max_body = \"32 MiB\" is not a size; " SIZE
         "; did you mean \"32MiB\"?"},
        {"[server]\nmax_body = \"2GiB\"",
         "c.toml:2:12: error: server.max_body = \"2GiB\" is out of range; expected \"1KiB\" to "
         "\"1GiB\""},
        {"[server]\nmax_body = \"99999999999999999999GiB\"",
         "c.toml:2:12: error: server.max_body = \"99999999999999999999GiB\" is out of range; "
         "expected \"1KiB\" to \"1GiB\""},
        {"[server]\nmax_body = true", "c.toml:2:12: error: server.max_body is a boolean; " SIZE},
        {"[server]\ndrain = 30",
         "c.toml:2:9: error: server.drain = 30 has no unit; " DURATION "; did you mean \"30s\"?"},
        {"[server]\ndrain = \"30\"",
         "c.toml:2:9: error: server.drain = \"30\" has no unit; " DURATION
         "; did you mean \"30s\"?"},
        {"[server]\ndrain = -30",
         "c.toml:2:9: error: server.drain = -30 is not a duration; " DURATION},
        {"[server]\ndrain = \"none\"",
         "c.toml:2:9: error: server.drain = \"none\" is not a duration; " DURATION},
        {"[server]\ndrain = \"61m\"",
         "c.toml:2:9: error: server.drain = \"61m\" is out of range; expected \"0s\" to \"1h\""},
    };
#undef SIZE
#undef DURATION
    expect_all(cases);
}

TEST(Server, RefusesTheWrongKindOfSection) {
    const Mistake cases[] = {
        {"server = 3", "c.toml:1:10: error: server is an integer; expected a table"},
        {"log = \"info\"", "c.toml:1:7: error: log is a string; expected a table"},
        {"plugin_path = \"p\"",
         "c.toml:1:15: error: plugin_path is a string; expected an array of strings; did you mean "
         "[\"p\"]?"},
        {"plugin_path = [\"p\", 3, \"\"]",
         "c.toml:1:21: error: an element of plugin_path is an integer; expected a string\n"
         "c.toml:1:24: error: an element of plugin_path is empty"},
        {"[log]\nlevel = \"warning\"",
         "c.toml:2:9: error: log.level = \"warning\" is unknown; "
         "expected one of \"debug\", \"info\", \"warn\", \"error\"; did you mean \"warn\"?"},
        {"[log]\nformat = \"xml\"",
         "c.toml:2:10: error: log.format = \"xml\" is unknown; "
         "expected one of \"auto\", \"text\", \"json\""},
        {"[log]\naccess = \"yes\"",
         "c.toml:2:10: error: log.access is a string; expected true or false"},
    };
    expect_all(cases);
}

TEST(Drain, StreamsHaveAtLeastTheTimeOfOtherCalls) {
    const auto drain = [](std::string_view keys) {
        return "[server]\n" + std::string(keys) + std::string(k_rest);
    };
    EXPECT_EQ(valid("").server.drain_streams, std::nullopt);
    EXPECT_EQ(valid("[server]\ndrain = \"1m\"\n").server.drain_streams, std::nullopt);
    EXPECT_EQ(valid("[server]\ndrain_streams = \"10m\"\n").server.drain_streams,
              milliseconds(600'000));
    EXPECT_EQ(mistakes(drain("drain_streams = \"30s\"\n")), "");
    EXPECT_EQ(mistakes(drain("drain_streams = \"0s\"\n")),
              "c.toml:2:17: error: server.drain_streams = \"0s\" is shorter than server.drain = "
              "\"30s\"; expected the time of all calls, or a longer one");
    EXPECT_EQ(mistakes(drain("drain = \"2m\"\ndrain_streams = \"90s\"\n")),
              "c.toml:3:17: error: server.drain_streams = \"90s\" is shorter than server.drain = "
              "\"2m\"; expected the time of all calls, or a longer one");
}

}  // namespace
}  // namespace bellwether::config
