// [[keys]].
#include "config/key_form.hpp"
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

using namespace std::chrono_literals;

const std::string k_hash(64, 'a');
const std::string k_key = "bw-0a1b2c3d-0123456789abcdefghjkmnpqrstvwxyz01234567";

// A key with what it must have, and more.
std::string key(const std::string& more, const std::string& name = "alice",
                const std::string& id = "0a1b2c3d") {
    return "[[keys]]\nname = \"" + name + "\"\nid = \"" + id + "\"\nsha256 = \"" + k_hash + "\"\n" +
           more;
}

std::vector<Key> valid(const std::string& toml) {
    const auto loaded = parse(toml + std::string(k_rest), "c.toml");
    EXPECT_TRUE(loaded.diagnostics.empty()) << toml << to_string(loaded.diagnostics.front());
    return loaded.config.keys;
}

std::string told(const std::string& toml) { return mistakes(toml + std::string(k_rest)); }

TEST(Keys, ThereAreNoneByDefault) { EXPECT_TRUE(valid("").empty()); }

TEST(Keys, HaveDefaults) {
    const auto keys = valid(key(""));
    ASSERT_EQ(keys.size(), 1u);
    EXPECT_EQ(keys[0].name, "alice");
    EXPECT_EQ(keys[0].id, "0a1b2c3d");
    EXPECT_EQ(keys[0].sha256, k_hash);
    EXPECT_EQ(keys[0].team, "");
    EXPECT_TRUE(keys[0].models.empty());
    EXPECT_FALSE(keys[0].expires);
    EXPECT_FALSE(keys[0].disabled);
}

TEST(Keys, StandInTheOrderOfTheFileAndMayShareATeam) {
    const auto keys = valid(
        key("team = \"t\"\nmodels = [\"ec*\", \"echo\"]\ndisabled = true\n", "zoe", "zzzzzzzz") +
        key("team = \"t\"\n"));
    ASSERT_EQ(keys.size(), 2u);
    EXPECT_EQ(keys[0].name, "zoe");
    EXPECT_EQ(keys[0].models, (std::vector<std::string>{"ec*", "echo"}));
    EXPECT_TRUE(keys[0].disabled);
    EXPECT_EQ(keys[0].team, keys[1].team);
}

TEST(Keys, AHashMayBeInCapitals) {
    const auto keys = valid("[[keys]]\nname = \"a\"\nid = \"0a1b2c3d\"\nsha256 = \"" +
                            std::string(64, 'F') + "\"\n");
    EXPECT_EQ(keys[0].sha256, std::string(64, 'f'));
}

TEST(Keys, ExpireAtAMomentWhateverItsZone) {
    const auto expires = [](const std::string& text) {
        return format_expiry(*valid(key("expires = " + text + "\n"))[0].expires);
    };
    EXPECT_EQ(expires("2027-01-31"), "2027-01-31T00:00:00Z");
    EXPECT_EQ(expires("2027-01-31T18:30:05"), "2027-01-31T18:30:05Z");
    EXPECT_EQ(expires("2027-01-31T18:30:05Z"), "2027-01-31T18:30:05Z");
    EXPECT_EQ(expires("2027-01-31 18:30:05+07:00"), "2027-01-31T11:30:05Z");
    EXPECT_EQ(expires("2026-12-31T23:00:00-08:00"), "2027-01-01T07:00:00Z");
    EXPECT_EQ(expires("2028-02-29"), "2028-02-29T00:00:00Z");
}

TEST(Keys, OnTheCommandLineADateIsWrittenTheSameWay) {
    EXPECT_EQ(format_expiry(*parse_expiry("2027-01-31")), "2027-01-31T00:00:00Z");
    EXPECT_EQ(format_expiry(*parse_expiry("2027-01-31T18:00:00+07:00")), "2027-01-31T11:00:00Z");
    for (const char* wrong : {"", "soon", "2027", "2027-13-01", "2027-02-29", "31.01.2027",
                              "18:00:00", "\"2027-01-31\"", "2027-01-31\n[x]", "2027-01-31 #"}) {
        EXPECT_FALSE(parse_expiry(wrong)) << wrong;
    }
}

TEST(Keys, TellWhatIsWrongWithThem) {
    const Mistake cases[] = {
        {"keys = 3",
         "c.toml:1:8: error: keys is an integer; expected an array of tables, [[keys]]"},
        {"[[keys]]\nid = \"0a1b2c3d\"\nsha256 = \"aa\"",
         "c.toml:1:1: error: a key has no name; expected name = \"NAME\", whose key it is\n"
         "c.toml:3:10: error: keys.sha256 is not a SHA-256 sum; expected the SHA-256 of the whole "
         "key, 64 hexadecimal digits"},
        {"[[keys]]\nname = \"two words\"",
         "c.toml:1:1: error: a key has no id; expected the 8 to 12 letters and digits that stand "
         "between \"bw-\" and the next \"-\" of the key\n"
         "c.toml:1:1: error: a key has no sha256; expected the SHA-256 of the whole key, 64 "
         "hexadecimal digits\n"
         "c.toml:2:8: error: keys.name = \"two words\" is no name; expected 1 to 64 letters, "
         "digits "
         "and \"-_.@+\", a letter or a digit first, such as \"alice\""},
    };
    expect_all(cases);
    EXPECT_EQ(
        told(key("models = []\n")),
        "c.toml:5:10: error: keys.models is empty, so the key could use nothing; expected names "
        "or patterns such as \"qwen-*\"; leave it out to allow every model; disabled = true "
        "refuses the key");
    EXPECT_EQ(
        told(key("expires = \"2027-01-31\"\n")),
        "c.toml:5:11: error: keys.expires is a string; expected a date such as 2027-01-31, or "
        "with a time and a zone, 2027-01-31T18:00:00+07:00, without quotes");
    EXPECT_EQ(told(key("disabled = \"yes\"\n")),
              "c.toml:5:12: error: keys.disabled is a string; expected true or false");
    EXPECT_EQ(told(key("model = \"echo\"\n")),
              "c.toml:5:1: error: unknown key \"model\" in keys; expected one of name, id, sha256, "
              "team, models, expires, disabled; did you mean \"models\"?");
}

TEST(Keys, AreUnique) {
    EXPECT_EQ(told(key("") + key("", "bob")),
              "c.toml:5:1: error: a second key with the id \"0a1b2c3d\"; the first is at line 1");
    EXPECT_EQ(told(key("") + key("", "alice", "zzzzzzzz")),
              "c.toml:5:1: error: a second key with the name \"alice\"; the first is at line 1; a "
              "name may stand again if all of its keys but one have `expires`");
    EXPECT_EQ(told(key("expires = 2999-01-01\n") + key("", "alice", "zzzzzzzz")), "");
    EXPECT_EQ(
        told(key("expires = 2999-01-01\n") + key("expires = 2999-01-02\n", "alice", "zzzzzzzz")),
        "");
}

TEST(Keys, AKeyInAMatchIsNotRepeated) {
    for (const std::string& secret : {k_key, std::string("sk-proj-0123456789abcdefghij")}) {
        for (const char* subject : {"key", "team", "model", "provider", "route"}) {
            const std::string text =
                told(key("") +
                     "[[budgets]]\nname = \"b\"\nlimit = \"1 tok\"\nper = \"day\"\nmatch = { " +
                     subject + " = \"" + secret + "\" }\n");
            EXPECT_NE(text.find("looks like a key"), text.npos) << subject << ": " << text;
            EXPECT_EQ(text.find(secret.substr(12)), text.npos) << text;
        }
    }
}

// The lists of what a message expects, the names of sections and the texts around a name repeated
// what a message's subject does not.
TEST(Keys, NoPartOfAMessageRepeatsAKey) {
    const std::string secret = "sk-SECRETabcdef0123456789";
    const std::string route = "[[routes]]\nmodel = \"*\"\nto = \"a\"\n";
    const std::string cases[] = {
        "[providers." + secret + "]\nplugin = \"openai\"\n" + route,
        "[providers." + secret + "]\nmax_concurrent = \"x\"\n" + route,
        "[providers." + secret + "]\nnonsense_key = 1\nplugin = 1\n" + route,
        "[providers.\"x\\n" + secret + "\"]\nplugin = 1\n" + route,
        "[providers.a]\n" + route + "[webhooks." + secret + "]\nurl = 1\n",
        "[providers.a]\n" + route + "[webhooks." + secret +
            "]\nurl = \"https://h.example\"\n[[budgets]]\nname = \"b\"\nlimit = \"1 tok\"\n"
            "per = \"day\"\nwebhook = \"w\"\n",
        "[providers.a]\n" + route + "[[prices]]\nprovider = \"b\"\nmodel = \"" + secret + "\"\n",
        "[providers.a]\n[[routes]]\nmodel = \"" + secret + "\"\nalias = \"" + secret + "\"\n",
        "[providers.a]\n[[routes]]\nmodel = \"x\"\nto = \"a/" + secret + "\"\n",
        "[providers.a]\n[[routes]]\nmodel = \"x\"\nto = \"b/" + secret + "\"\n",
        "[providers.a]\n[[routes]]\nmodel = \"x " + secret + "\"\nto = \"c\"\n" + route,
    };
    for (const std::string& toml : cases) {
        EXPECT_EQ(mistakes(toml).find("SECRET"), std::string::npos) << mistakes(toml);
    }
    EXPECT_EQ(mistakes(cases[0]),
              "c.toml:1:12: error: a provider cannot be named a text that looks like a key; "
              "expected lower-case letters, digits, \"-\" and \"_\", with a letter or a digit "
              "first\n"
              "c.toml:5:6: error: unknown provider \"a\"; expected one of ***");
}

TEST(Keys, AreMaskedWhereverTheyStand) {
    const std::string secret = "sk-SECRETabcdef0123456789";
    EXPECT_EQ(with_keys_masked("there is no " + secret + ".so in /plugins"),
              "there is no ***.so in /plugins");
    EXPECT_EQ(with_keys_masked("/x/" + secret + "/y, my-" + secret + "; \"" + secret + "\""),
              "/x/***/y, my-***; \"***\"");
    EXPECT_EQ(with_keys_masked(secret), "***");
    for (const char* text : {"", "-", "sk-", "sk-model", "providers.sk-team.max_concurrent",
                             "desk-0123456789-0123456789", "a task-0123456789abcdefghijk"}) {
        EXPECT_EQ(with_keys_masked(text), text);
    }
}

// Wherever a key stands instead of something else, it is not repeated.
TEST(Keys, AKeyItselfIsRefusedAndNeverPrinted) {
    for (const std::string& secret : {k_key, std::string("sk-proj-0123456789abcdefghij")}) {
        const std::string cases[] = {
            "[[keys]]\nname = \"a\"\nid = \"0a1b2c3d\"\nsha256 = \"" + secret + "\"\n",
            "[[keys]]\nname = \"a\"\nid = \"" + secret + "\"\nsha256 = \"" + k_hash + "\"\n",
            "[[keys]]\nname = \"" + secret + "\"\nid = \"0a1b2c3d\"\nsha256 = \"" + k_hash + "\"\n",
            key("team = \"" + secret + "\"\n"),
        };
        for (const auto& toml : cases) {
            const std::string text = told(toml);
            EXPECT_NE(text.find("key itself"), text.npos) << text;
            EXPECT_NE(text.find("make another one with `bellwether key new`"), text.npos) << text;
            EXPECT_EQ(text.find(secret.substr(12)), text.npos) << text;
        }
    }
    const std::string wrong = told(
        "[[keys]]\nname = \"a\"\nid = \"0A1B2C3D-hidden\"\nsha256 = "
        "\"not-hex-hidden\"\n");
    EXPECT_EQ(wrong.find("hidden"), wrong.npos) << wrong;
}

TEST(Keys, OpenTheHostForOtherMachines) {
    for (const std::string address : {"0.0.0.0:4141", "[::]:4141", "10.1.2.3:80"}) {
        EXPECT_EQ(told(key("") + "[server]\nlisten = \"" + address + "\""), "");
        // The admin listener stays where it is.
        EXPECT_NE(told(key("") + "[admin]\nlisten = \"" + address + "\"")
                      .find("can be reached from other machines"),
                  std::string::npos);
    }
    // A key with a mistake is one mistake, not two.
    const std::string text = told(
        "[[keys]]\nname = \"a\"\nid = \"0a1b2c3d\"\n[server]\nlisten = "
        "\"0.0.0.0:1\"");
    EXPECT_EQ(text.find("server.listen"), text.npos) << text;
}

// In the units of the system's clock such a date is past the end of its numbers.
TEST(KeyForm, AnEndMayBeFarAway) {
    const auto now = std::chrono::system_clock::now();
    EXPECT_FALSE(has_ended(Key{.expires = parse_expiry("2999-12-31")}, now));
    EXPECT_TRUE(has_ended(Key{.expires = parse_expiry("2020-01-01")}, now));
    EXPECT_FALSE(has_ended(Key{}, now));
}

TEST(KeyForm, ThePublicPartIsFoundInWholeKeysOnly) {
    EXPECT_EQ(key_id_of(k_key), "0a1b2c3d");
    EXPECT_EQ(key_id_of("bw-0a1b2c3d4e5f-x"), "0a1b2c3d4e5f");
    for (const char* none : {"", "bw-", "bw-0a1b2c3d", "bw-0a1b2c3d-", "bw-0a1b2c3-secret",
                             "bw--secret", "bw-0a1b2c3d4e5f6-secret", "bw-0a1b2c3D-secret",
                             "sk-0a1b2c3d-secret", "BW-0a1b2c3d-secret", "bw-0a1b2c3l-secret"}) {
        EXPECT_FALSE(key_id_of(none)) << none;
    }
    EXPECT_FALSE(key_id_of("bw-0a1b2c3d-" + std::string(k_key_bytes_max, 'x')));
}

TEST(KeyForm, ModelsAreMatchedByTheNameThatTheClientUses) {
    EXPECT_TRUE(may_use(nullptr, "anything"));
    Key key;
    EXPECT_TRUE(may_use(&key, "anything"));
    key.models = {"qwen-*", "echo", "gpt-4?"};
    for (const char* allowed : {"qwen-max", "qwen-", "echo", "gpt-4o"})
        EXPECT_TRUE(may_use(&key, allowed));
    for (const char* other : {"", "qwen", "Qwen-max", "echo2", "gpt-4", "gpt-4oo"}) {
        EXPECT_FALSE(may_use(&key, other)) << other;
    }
}

}  // namespace
}  // namespace bellwether::config
