// include and keys_file: several files are one config.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mistakes.hpp"

namespace bellwether::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view k_hash =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

std::string key(const std::string& name, const std::string& id) {
    return "[[keys]]\nname = \"" + name + "\"\nid = \"" + id + "\"\nsha256 = \"" +
           std::string(k_hash) + "\"\n";
}

class Include : public ::testing::Test {
  protected:
    void SetUp() override {
        folder = fs::temp_directory_path() / ("bw-include-" + std::to_string(getpid()));
        fs::create_directories(folder / "conf.d");
    }
    void TearDown() override { fs::remove_all(folder); }

    void write(const std::string& name, const std::string& text) const {
        std::ofstream(folder / name) << text;
    }
    Loaded load_with(const std::string& toml) const {
        return parse(toml + std::string(k_rest), folder / "c.toml");
    }
    // All messages, one a line, without the folder.
    std::string told(const std::string& toml) const {
        std::string text;
        for (const auto& diagnostic : load_with(toml).diagnostics) {
            std::string line = to_string(diagnostic);
            const std::string prefix = folder.string() + "/";
            for (auto at = line.find(prefix); at != line.npos; at = line.find(prefix)) {
                line.erase(at, prefix.size());
            }
            text += (text.empty() ? "" : "\n") + line;
        }
        return text;
    }

    fs::path folder;
};

constexpr const char* k_all = "include = \"conf.d/*.toml\"\n";

TEST_F(Include, EveryFileIsAPartOfTheConfig) {
    write("conf.d/b.toml", "[[routes]]\nmodel = \"b\"\nto = \"other\"\n" + key("bob", "bbbbbbbb"));
    write(
        "conf.d/a.toml",
        "[providers.other]\nplugin = \"echo\"\n[[routes]]\nmodel = \"a\"\nto = \"echo\"\n"
        "[[prices]]\nprovider = \"echo\"\nmodel = \"*\"\ninput = \"1 USD\"\noutput = \"1 USD\"\n"
        "[webhooks.w]\nurl = \"https://h.example/\"\n[[budgets]]\nname = \"x\"\n"
        "limit = \"1 USD\"\nper = \"day\"\nwebhook = \"w\"\nwarn_at = [0.5]\n"
        "match = { key = \"bob\", route = \"a\" }\n[[limits]]\nname = \"y\"\nrequests = \"1/s\"\n");
    write("conf.d/c.toml~", "not read");
    write("conf.d/.hidden.toml", "not read");
    const auto loaded = load_with(k_all);
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    const Config& config = loaded.config;
    ASSERT_EQ(config.routes.size(), 3u);
    EXPECT_EQ(config.routes[0].model, "echo") << "the main file first, then by name";
    EXPECT_EQ(config.routes[1].model, "a");
    EXPECT_EQ(config.routes[2].model, "b");
    EXPECT_EQ(config.providers.at(1).name, "other");
    EXPECT_EQ(config.keys.at(0).name, "bob");
    EXPECT_TRUE(config.prices.at(0).own);
    EXPECT_EQ(config.prices[0].file, (folder / "conf.d/a.toml").string());
    EXPECT_EQ(config.place_of(config.routes[2].at), (folder / "conf.d/b.toml:1").string());
    EXPECT_EQ(config.place_of(config.routes[0].at), (folder / "c.toml:4").string());
    const std::vector<fs::path> files{folder / "c.toml", folder / "conf.d/a.toml",
                                      folder / "conf.d/b.toml"};
    EXPECT_EQ(config.files, files);
    EXPECT_EQ(config.include_folders, std::vector{folder / "conf.d"});
}

TEST_F(Include, MayMatchNothing) {
    EXPECT_EQ(told(k_all), "");
    EXPECT_EQ(told("include = []\n"), "");
}

TEST_F(Include, TheOrderIsThatOfTheList) {
    write("z.toml", key("zoe", "zzzzzzzz"));
    write("conf.d/a.toml", key("ann", "aaaaaaaa"));
    const auto loaded = load_with("include = [\"z.toml\", \"conf.d/*.toml\", \"*.toml\"]\n");
    ASSERT_TRUE(loaded.ok()) << "and a file is taken once";
    ASSERT_EQ(loaded.config.keys.size(), 2u);
    EXPECT_EQ(loaded.config.keys[0].name, "zoe");
}

TEST_F(Include, AMistakeHasItsOwnPlace) {
    write("conf.d/a.toml", "[[routes]]\nmodel = \"a\"\nto = \"ehco\"\n");
    EXPECT_EQ(told(k_all),
              "conf.d/a.toml:3:6: error: unknown provider \"ehco\"; expected one of echo; did you "
              "mean \"echo\"?");
    write("conf.d/a.toml", "[[routs]]\nmodel = \"a\"\n[[keys]]\n");
    EXPECT_EQ(told(k_all),
              "conf.d/a.toml:1:3: error: unknown key \"routs\"; expected one of keys, providers, "
              "routes, prices, webhooks, budgets, limits; did you mean \"routes\"?\n"
              "conf.d/a.toml:3:1: error: a key has no name; expected name = \"NAME\", whose key it "
              "is\nconf.d/a.toml:3:1: error: a key has no id; expected the 8 to 12 letters and "
              "digits that stand between \"bw-\" and the next \"-\" of the key\n"
              "conf.d/a.toml:3:1: error: a key has no sha256; expected the SHA-256 of the whole "
              "key, 64 hexadecimal digits");
}

TEST_F(Include, WhatStandsTwiceIsToldWithBothPlaces) {
    write("conf.d/a.toml", "[providers.echo]\n[[routes]]\nmodel = \"echo\"\nto = \"echo\"\n" +
                               key("ann", "aaaaaaaa") +
                               "[[budgets]]\nname = \"l\"\nlimit = \"1 tok\"\nper = \"day\"\n");
    write("conf.d/b.toml", key("ann", "bbbbbbbb") + key("bob", "aaaaaaaa") +
                               "[[limits]]\nname = \"l\"\nrequests = \"1/s\"\n");
    EXPECT_EQ(told(k_all),
              "conf.d/a.toml:1:12: error: a second [providers.echo]; the first is at c.toml:3\n"
              "conf.d/a.toml:3:9: error: a second route for \"echo\"; the first is at c.toml:5\n"
              "conf.d/b.toml:1:1: error: a second key with the name \"ann\"; the first is at "
              "conf.d/a.toml:5; a name may stand again if all of its keys but one have `expires`\n"
              "conf.d/b.toml:5:1: error: a second key with the id \"aaaaaaaa\"; the first is at "
              "conf.d/a.toml:5\n"
              "conf.d/b.toml:10:8: error: a second rule named \"l\"; the first is at "
              "conf.d/a.toml:9; expected one name for each of the budgets and limits");
}

TEST_F(Include, SingleSectionsStandInTheMainFile) {
    write("conf.d/a.toml", "include = \"b.toml\"\nkeys_file = \"k\"\n[server]\n[log]\n");
    const std::string expected =
        "; expected one of [[keys]], [providers.NAME], [[routes]], [[prices]], [webhooks.NAME], "
        "[[budgets]], [[limits]]; ";
    EXPECT_EQ(
        told(std::string(k_all) + "[server]\n"),
        "conf.d/a.toml:1:1: error: \"include\" cannot stand in an included file; it is there "
        "at c.toml:1" +
            expected +
            "name every file in the main file\n"
            "conf.d/a.toml:2:1: error: \"keys_file\" cannot stand in an included file" +
            expected +
            "write it in the main file\n"
            "conf.d/a.toml:3:2: error: \"server\" cannot stand in an included file; it is there "
            "at c.toml:2" +
            expected +
            "write it in the main file\n"
            "conf.d/a.toml:4:2: error: \"log\" cannot stand in an included file" +
            expected + "write it in the main file");
}

TEST_F(Include, AFileThatIsNotThereIsAMistake) {
    EXPECT_EQ(told("include = [\"conf.d/*.toml\", \"a.toml\"]\n"),
              "c.toml:1:29: error: include: there is no file \"a.toml\"; expected a TOML file with "
              "sections such as [[routes]]; a relative path counts from the folder of this file");
    EXPECT_EQ(
        told("include = \"conf.d\"\n").find("there is no file \"conf.d\"") == std::string::npos,
        false);
    EXPECT_EQ(
        told("include = \"*/a.toml\"\n"),
        "c.toml:1:11: error: include: \"*/a.toml\" has a wildcard in a folder's name; expected "
        "one in the names of the files only, such as \"conf.d/*.toml\"");
    EXPECT_EQ(told("include = 1\n"),
              "c.toml:1:11: error: include is an integer; expected an array of strings");
    EXPECT_EQ(told("include = \"gone.d/*\"\n"),
              "c.toml:1:11: warning: include: there is no folder \"gone.d\"");
    fs::create_symlink("nowhere", folder / "conf.d/a.toml");
    EXPECT_NE(told(k_all).find("c.toml:1:11: error: include: there is no file"), std::string::npos);
}

// Else everything that the file has would be missing elsewhere.
TEST_F(Include, NothingFollowsFromAFileThatCannotBeRead) {
    write("conf.d/a.toml", "[[routes]\n");
    const std::string text = told(std::string(k_all) + "[[routes]]\nmodel = \"x\"\nto = \"y\"\n");
    EXPECT_TRUE(text.starts_with("conf.d/a.toml:1:10: error: not valid TOML")) << text;
    EXPECT_EQ(text.find('\n'), text.npos) << text;
}

TEST_F(Include, HasABound) {
    for (int i = 0; i < 257; ++i) write("conf.d/" + std::to_string(1000 + i) + ".toml", "");
    EXPECT_EQ(told(k_all),
              "c.toml:1:11: error: include: there are too many files; expected at most 256");
}

TEST_F(Include, PathsCountFromTheFolderOfTheirFile) {
    write("conf.d/a.toml", "[providers.other]\nplugin = \"./p.so\"\nca_file = \"ca.pem\"\n");
    EXPECT_NE(told(k_all).find("conf.d/a.toml:3:11: error: providers.other.ca_file = \"ca.pem\""),
              std::string::npos)
        << told(k_all);
    const auto config = load_with(k_all).config;
    EXPECT_EQ(config.file_of(config.providers.at(1).plugin_at).parent_path(), folder / "conf.d");
}

TEST_F(Include, ASectionMayHaveTheWrongFormInAnyFile) {
    write("conf.d/a.toml", "routes = 1\nproviders = []\n");
    EXPECT_EQ(told(k_all),
              "conf.d/a.toml:1:10: error: routes is an integer; expected an array of tables, "
              "[[routes]]\nconf.d/a.toml:2:13: error: providers is an array; expected a table");
}

TEST_F(Include, KeysFileCountsBesideOtherKeys) {
    write("keys.toml", key("bob", "bbbbbbbb"));
    const auto loaded = load_with("keys_file = \"keys.toml\"\ninclude = \"*.toml\"\n" +
                                  key("ann", "aaaaaaaa") + "[server]\nlisten = \"0.0.0.0:1\"\n");
    for (const auto& diagnostic : loaded.diagnostics) ADD_FAILURE() << to_string(diagnostic);
    ASSERT_EQ(loaded.config.keys.size(), 2u);
    EXPECT_EQ(loaded.config.keys[1].name, "bob");
    EXPECT_EQ(loaded.config.keys_file, folder / "keys.toml");
    EXPECT_EQ(loaded.config.files.back(), folder / "keys.toml");
    EXPECT_EQ(told("keys_file = \"keys.toml\"\n" + key("bob", "aaaaaaaa")),
              "keys.toml:1:1: error: a second key with the name \"bob\"; the first is at c.toml:2; "
              "a name may stand again if all of its keys but one have `expires`");
}

TEST_F(Include, BothKeysStandAboveTheSections) {
    for (const std::string name : {"include", "keys_file"}) {
        EXPECT_EQ(told("[server]\n" + name + " = \"x\"\n"),
                  "c.toml:2:1: error: unknown key \"" + name +
                      "\" in server; write it above the first [section]");
    }
}

TEST_F(Include, FilesThatAreNotThereAreListedToo) {
    const auto files = load_with("include = \"a.toml\"\n").config.files;
    EXPECT_EQ(files, (std::vector{folder / "c.toml", folder / "a.toml"}));
}

// Whoever names a keys_file does not mean to let everybody in.
TEST_F(Include, AKeysFileWithoutKeysClosesTheHost) {
    const std::string warning =
        "c.toml:1:13: warning: there is no client key yet, so every call is refused; make one with "
        "`bellwether key new NAME`";
    const std::string open = "keys_file = \"keys.toml\"\n[server]\nlisten = \"0.0.0.0:1\"\n";
    EXPECT_EQ(told(open), warning);
    EXPECT_TRUE(load_with(open).config.asks_for_keys());
    EXPECT_EQ(load_with(open).config.files.back(), folder / "keys.toml") << "it may come yet";
    EXPECT_EQ(load_with(open).config.ledger.kind, StoreKind::sqlite) << "as with keys";
    write("keys.toml", "# none\n");
    EXPECT_EQ(told(open), warning);
    EXPECT_FALSE(load_with("").config.asks_for_keys());
}

TEST_F(Include, MistakesOfAKeysFile) {
    EXPECT_EQ(told("keys_file = \"gone/keys.toml\"\n"),
              "c.toml:1:13: error: keys_file: there is no file \"gone/keys.toml\"; expected a file "
              "that `bellwether key` writes; a relative path counts from the folder of this file");
    EXPECT_NE(told("keys_file = \".\"\n").find("error: keys_file: there is no file \".\""),
              std::string::npos);
    EXPECT_EQ(told("keys_file = 1\n"),
              "c.toml:1:13: error: keys_file is an integer; expected a string");
    write("keys.toml", "[server]\n");
    EXPECT_EQ(told("keys_file = \"keys.toml\"\n"),
              "keys.toml:1:2: error: unknown key \"server\"; expected one of keys");
}

}  // namespace
}  // namespace bellwether::config
