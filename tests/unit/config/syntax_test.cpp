// Files that are not TOML, files that are not there, and keys that nobody knows.

#include "mistakes.hpp"

namespace bellwether::config {
namespace {

TEST(Syntax, SaysWhereTheFileStopsBeingToml) {
    const Mistake cases[] = {
        {"[server\n", "c.toml:1:8: error: not valid TOML: expected ']', saw '\\n'"},
        {"[server]\nlisten\n", "c.toml:2:7: error: not valid TOML: expected '=', saw '\\n'"},
        {"[server]\nlisten = \n", "c.toml:2:10: error: not valid TOML: expected value, saw '\\n'"},
        {"[server]\nlisten = localhost\n",
         "c.toml:2:10: error: not valid TOML: could not determine value type; "
         "text stands in quotes: key = \"text\""},
        {"[server]\nlisten = 127.0.0.1:4141\n",
         "c.toml:2:12: error: not valid TOML: expected ':', saw '7'; "
         "text stands in quotes: key = \"text\""},
        {"[server]\ndrain = 30s\n",
         "c.toml:2:11: error: not valid TOML: expected digit, saw 's'; "
         "text stands in quotes: key = \"text\""},
        {"[server]\nlisten = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"\n",
         "c.toml:3:10: error: not valid TOML: cannot redefine existing string 'listen'"},
        {"[server]\n[server]\n",
         "c.toml:2:1: error: not valid TOML: cannot redefine existing table 'server'"},
        {"a = \"\xff\"\n", "c.toml:1:5: error: not valid TOML: encountered invalid utf-8 sequence"},
    };
    expect_all(cases);
}

// A credential may stand there, unquoted.
TEST(Syntax, NeverRepeatsAValue) {
    const Mistake cases[] = {
        {"[providers.x]\napi_key = 99999999999999999999\n",
         "c.toml:2:31: error: not valid TOML: the number is not representable in 64 bits; "
         "text stands in quotes: key = \"text\""},
        {"[providers.x]\napi_key = sk-abcdef\n",
         "c.toml:2:11: error: not valid TOML: could not determine value type; "
         "text stands in quotes: key = \"text\""},
    };
    expect_all(cases);
}

TEST(Syntax, RefusesKeysThatItDoesNotKnow) {
    const Mistake cases[] = {
        {"lisen = 1\n",
         "c.toml:1:1: error: unknown key \"lisen\"; "
         "expected one of include, keys_file, plugin_path, keys, server, admin, log, retry, "
         "health, providers, "
         "default_to, routes, price_files, "
         "prices, webhooks, budgets, limits, ledger"},
        {"[sever]\n",
         "c.toml:1:2: error: unknown key \"sever\"; "
         "expected one of include, keys_file, plugin_path, keys, server, admin, log, retry, "
         "health, providers, "
         "default_to, routes, price_files, "
         "prices, webhooks, budgets, limits, ledger; "
         "did you mean \"server\"?"},
        {"[ledgers]\nurl = \"memory:\"\n",
         "c.toml:1:2: error: unknown key \"ledgers\"; "
         "expected one of include, keys_file, plugin_path, keys, server, admin, log, retry, "
         "health, providers, "
         "default_to, routes, price_files, "
         "prices, webhooks, budgets, limits, ledger; did you mean \"ledger\"?"},
        {"[server]\n  lisen = 1\n",
         "c.toml:2:3: error: unknown key \"lisen\" in server; "
         "expected one of listen, workers, max_body, max_bodies, shutdown_grace, drain, "
         "drain_streams, reload_drain, watch, "
         "heartbeat, cost_in_body, "
         "on_disconnect, "
         "default_max_tokens, "
         "default_context, user_header, max_request_line, max_headers, "
         "max_header_count, max_inflate_ratio, header_timeout, body_timeout, min_body_rate, "
         "idle_timeout, write_timeout, max_connections, max_connections_per_client, hosts, "
         "cors_origins; "
         "did you mean \"listen\"?"},
        {"[log]\nlevels = 1\n",
         "c.toml:2:1: error: unknown key \"levels\" in log; "
         "expected one of level, format, access; did you mean \"level\"?"},
        {"[log]\n\"a\\u001b[2J\" = 1\n",
         "c.toml:2:1: error: unknown key \"a\\x1b[2J\" in log; "
         "expected one of level, format, access"},
    };
    expect_all(cases);
}

// In TOML a key below a [section] belongs to it, however it is indented.
TEST(Syntax, KnowsAPluginPathThatSlippedIntoASection) {
    const Mistake cases[] = {
        {"[server]\nplugin_path = [\"p\"]\n",
         "c.toml:2:1: error: unknown key \"plugin_path\" in server; "
         "write it above the first [section]"},
        {"[providers.x]\nplugin_path = [\"p\"]\n",
         "c.toml:2:1: error: unknown key \"plugin_path\" in providers.x; "
         "write it above the first [section]"},
    };
    expect_all(cases);
}

TEST(Syntax, ReportsEveryMistakeInTheOrderOfTheFile) {
    EXPECT_EQ(
        mistakes(
            "[[routes]]\nmodel = 1\nto = \"echoo\"\n[server]\nworkers = 0\n[providers.echo]\n"),
        "c.toml:2:9: error: routes.model is an integer; expected a string\n"
        "c.toml:3:6: error: unknown provider \"echoo\"; expected one of echo; "
        "did you mean \"echo\"?\n"
        "c.toml:5:11: error: server.workers = 0 is out of range; expected \"auto\" or 1 to 256");
}

TEST(Syntax, AnEmptyFileLacksBoth) {
    EXPECT_EQ(mistakes(""),
              "c.toml: error: there are no providers; expected at least one [providers.NAME]\n"
              "c.toml: error: there are no routes; expected at least one [[routes]]");
}

// The parser descends once for each part of a key; a line without end would exhaust the stack.
TEST(Syntax, BoundsTheDepthOfKeys) {
    std::string deep = "[a";
    for (int i = 0; i < 500'000; ++i) deep += ".a";
    EXPECT_EQ(mistakes("x = 1\n" + deep + "]\n"),
              "c.toml:2:1: error: the line is longer than 16384 bytes");
}

TEST(Syntax, SurvivesTheDeepestKeysThatALineHolds) {
    std::string deep = "a";
    while (deep.size() < 16'000) deep += ".a";
    const std::string text = "[providers.echo." + deep + "]\n" + deep + " = 1\n[[routes]]\n";
    EXPECT_EQ(mistakes(text + "model = \"m\"\nto = \"echo\"\n"),
              "c.toml:1:1: error: \"a\" is nested too deeply; expected at most 64 levels");
}

TEST(Load, SaysWhyAFileCannotBeRead) {
    const auto missing = load("/nonexistent/bellwether.toml");
    ASSERT_EQ(missing.diagnostics.size(), 1u);
    EXPECT_FALSE(missing.ok());
    EXPECT_EQ(
        to_string(missing.diagnostics[0]),
        "/nonexistent/bellwether.toml: error: the file cannot be read: No such file or directory");
    EXPECT_EQ(to_string(load("/tmp").diagnostics.at(0)),
              "/tmp: error: the file cannot be read: it is a folder");
}

TEST(Load, RefusesAFileWithoutEnd) {
    EXPECT_EQ(to_string(load("/dev/zero").diagnostics.at(0)),
              "/dev/zero: error: the file cannot be read: it is longer than 1048576 bytes");
}

TEST(Load, CutsLongTextInMessages) {
    const std::string name(1000, 'x');
    const std::string text = mistakes("[log]\n" + name + " = 1" + std::string(k_rest));
    EXPECT_NE(text.find(std::string(80, 'x') + "...\""), text.npos) << text;
    EXPECT_LT(text.size(), 200u);
}

TEST(Load, TheShippedFilesAreRight) {
    for (const char* name :
         {"bellwether.toml", "holysheep.toml", "openai-compatible.toml", "budgets.toml"}) {
        const auto loaded = load(std::filesystem::path(BELLWETHER_SOURCE_DIR) / "config" / name);
        EXPECT_TRUE(loaded.ok()) << name;
        for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    }
}

}  // namespace
}  // namespace bellwether::config
