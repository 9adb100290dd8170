// Rules and keys for names that nobody has.
#include "config/pattern.hpp"
#include "mistakes.hpp"

namespace bellwether::config {
namespace {

// One team, an exact route to each of two providers, a pattern, and an alias of an alias.
const std::string k_file = R"(
[providers.echo]
[providers.other]
plugin = "echo"
[providers.idle]
plugin = "echo"
[[routes]]
model = "qwen-max"
to = "echo"
[[routes]]
model = "gpt-*"
to = ["other", "echo"]
[[routes]]
model = "best"
alias = "better"
[[routes]]
model = "better"
alias = "qwen-max"
[[keys]]
name = "alice"
id = "0a1b2c3d"
sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
team = "research"
[[keys]]
name = "bob"
id = "0a1b2c3e"
sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)";

std::string told(const std::string& match) {
    return mistakes("[[limits]]\nrequests = \"1/s\"\nmatch = { " + match + " }\n" + k_file);
}

std::string warning(const std::string& where, const std::string& what) {
    return "c.toml:3:" + where + ": warning: " + what;
}

TEST(Reach, ATeamThatNoKeyHas) {
    EXPECT_EQ(
        told(R"(team = "reserch")"),
        warning("18", R"(limits.match.team = "reserch" is the team of no key of this file, so )"
                      R"(no call is counted for it; did you mean "research"?)"));
    EXPECT_EQ(told(R"(team = ["research", "s*"])"),
              warning("31", R"(limits.match.team = "s*" is the team of no key of this file, so )"
                            "no call is counted for it"));
    for (const char* good :
         {R"(team = "research")", R"(team = "r?s*")", R"(team = "*")", R"(team = "?*")"}) {
        EXPECT_EQ(told(good), "") << good;
    }
}

TEST(Reach, ATeamWhereThereAreNoKeysYet) {
    const auto without_keys = [](const std::string& match) {
        return mistakes("[[limits]]\nrequests = \"1/s\"\nmatch = { " + match + " }\n" +
                        std::string(k_rest));
    };
    EXPECT_EQ(without_keys(R"(team = "t*")"), "");
    EXPECT_EQ(without_keys(R"(team = "t")"),
              warning("18", R"(limits.match.team = "t" is the team of no key of this file, so no )"
                            "call is counted for it"));
}

TEST(Reach, AModelThatNoRouteServes) {
    EXPECT_EQ(told(R"(model = "qwen-maxx")"),
              warning("19", R"(limits.match.model = "qwen-maxx" is a model that no route serves, )"
                            R"(so no call is counted for it; did you mean "qwen-max"?)"));
    EXPECT_EQ(told(R"(model = "qwen-max?")"),
              warning("19", R"(limits.match.model = "qwen-max?" is a model that no route serves, )"
                            R"(so no call is counted for it; did you mean "qwen-max"?)"));
    for (const char* good :
         {R"(model = "qwen-max")", R"(model = "qwen-m*")", R"(model = "gpt-4")", R"(model = "*-4")",
          R"(model = "g?t-4*")", R"(model = "*")", R"(user = "whoever")"}) {
        EXPECT_EQ(told(good), "") << good;
    }
}

// Rules look at the model after the aliases, so one that names an alias counts nothing.
TEST(Reach, AnAliasIsNoModelOfACall) {
    EXPECT_EQ(told(R"(model = "best")"),
              warning("19", R"(limits.match.model = "best" is a model that no route serves, so no )"
                            R"(call is counted for it; aliases are followed: it stands for )"
                            R"("qwen-max")"));
    EXPECT_EQ(told(R"(model = "bes*")"),
              warning("19", R"(limits.match.model = "bes*" is a model that no route serves, so no )"
                            "call is counted for it"));
    EXPECT_EQ(told(R"(route = "best")"),
              warning("19", R"(limits.match.route = "best" is an alias, which is never the route )"
                            "of a call; name the route that the alias leads to"));
    EXPECT_EQ(told(R"(route = "*e*")"), "") << "it fits a route, too";
}

TEST(Reach, NamesThatNoCallHasTogether) {
    const std::string no_route =
        "no route leads to what this match asks for, so no call is counted for it";
    EXPECT_EQ(told(R"(model = "qwen-max", provider = "other")"), warning("9", no_route));
    EXPECT_EQ(told(R"(model = "qwen-max", route = "gpt-*")"), warning("9", no_route));
    EXPECT_EQ(told(R"(provider = "idle")"), warning("9", no_route));
    EXPECT_EQ(told(R"(key = "bob", team = "research")"),
              warning("9",
                      "no key of this file has both the name and the team that this match "
                      "asks for, so no call is counted for it"));
    for (const char* good : {R"(model = "qwen-max", provider = "echo")", R"(provider = "other")",
                             R"(model = ["qwen-max", "gpt-4"], provider = "other")",
                             R"(route = "gpt-*", model = "*-4o", provider = "e*")",
                             R"(key = "bob", team = "*")", R"(key = "alice", team = "re*")"}) {
        EXPECT_EQ(told(good), "") << good;
    }
}

// A chain is a part of its route, and default_to is a route.
TEST(Reach, AProviderThatOnlyAChainLeadsTo) {
    const std::string rule =
        "default_to = \"last\"\n[[limits]]\nrequests = \"1/s\"\nmatch = { provider = \"PROVIDER\" "
        "}\n"
        "[providers.a]\n[providers.chain]\n[providers.last]\n[providers.idle]\n"
        "[[routes]]\nmodel = \"m\"\nto = \"a\"\non_budget = \"chain\"\n"
        "[[budgets]]\nname = \"b\"\nlimit = \"1 tok\"\nper = \"day\"\n";
    const auto told_of = [&](const std::string& provider) {
        return mistakes(std::string(rule).replace(rule.find("PROVIDER"), 8, provider));
    };
    EXPECT_EQ(told_of("chain"), "");
    EXPECT_EQ(told_of("last"), "");
    EXPECT_EQ(told_of("idle"),
              "c.toml:4:9: warning: no route leads to what this match asks for, so no call is "
              "counted for it");
}

TEST(Reach, ModelsOfAKeyThatNoRouteServes) {
    const auto models = [](const std::string& list) {
        return mistakes("[[keys]]\nname = \"carol\"\nid = \"0a1b2c3f\"\nsha256 = \"" +
                        std::string(64, 'b') + "\"\nmodels = [" + list + "]\n" + k_file);
    };
    for (const char* good : {R"("qwen-max")", R"("best", "gpt-4o")", R"("*")", R"("g*")"}) {
        EXPECT_EQ(models(good), "") << good;
    }
    EXPECT_EQ(models(R"("best", "bets")"),
              R"(c.toml:5:19: warning: keys.models = "bets" is a model that no route serves; )"
              R"(did you mean "best"?)");
    EXPECT_EQ(models(R"("claude-*")"),
              R"(c.toml:5:11: warning: keys.models = "claude-*" is a model that no route serves)");
}

TEST(Reach, TheCopiesForAShadow) {
    const auto with_shadow = [](const std::string& match) {
        return told(match).empty() ? "already"
                                   : mistakes("[[limits]]\nrequests = \"1/s\"\nmatch = { " + match +
                                              " }\n" + k_file +
                                              "[[routes]]\nmodel = \"copied\"\nto = \"echo\"\n"
                                              "shadow = { to = \"idle\", share = \"5%\" }\n");
    };
    for (const char* good :
         {R"(route = "shadow:*")", R"(route = "shadow:copied")", R"(provider = "idle")",
          R"(route = "shadow:*", provider = "idle")", R"(route = "shadow:*", model = "copied")"}) {
        EXPECT_EQ(with_shadow(good), "") << good;
    }
    EXPECT_NE(with_shadow(R"(route = "shadow:*", provider = "echo")"), "");
    EXPECT_NE(with_shadow(R"(route = "shadow:gpt-*")"), "");
    EXPECT_NE(with_shadow(R"(route = "copied", provider = "idle")"), "");
}

TEST(Reach, AKeyAmongTheModelsIsNotRepeated) {
    const std::string text =
        mistakes("[[keys]]\nname = \"c\"\nid = \"0a1b2c3f\"\nsha256 = \"" + std::string(64, 'b') +
                 "\"\nmodels = [\"sk-0123\"]\n" + k_file);
    EXPECT_EQ(
        text,
        "c.toml:5:11: warning: an element of keys.models looks like a key, and no route serves "
        "it");
}

TEST(PatternsOverlap, WhereANameFitsBoth) {
    EXPECT_TRUE(patterns_overlap("qwen-*", "*-max"));
    EXPECT_TRUE(patterns_overlap("a*c", "ab*"));
    EXPECT_TRUE(patterns_overlap("?", "\xC3\xA9"));
    EXPECT_FALSE(patterns_overlap("??", "\xC3\xA9"));
    EXPECT_FALSE(patterns_overlap("qwen-*", "gpt-*"));
    EXPECT_FALSE(patterns_overlap("*a", "*b"));
    EXPECT_FALSE(patterns_overlap("", "?*"));
    EXPECT_TRUE(patterns_overlap("", "*"));
    EXPECT_TRUE(patterns_overlap(std::string(256, '*'), std::string(255, '*') + "a"));
}

// All patterns of up to four characters, against all names of up to six.
TEST(PatternsOverlap, AgreesWithEveryShortName) {
    const auto all = [](std::string_view alphabet, std::size_t longest) {
        std::vector<std::string> texts{""};
        for (std::size_t i = 0; i < texts.size(); ++i) {
            if (texts[i].size() == longest) break;
            for (const char c : alphabet) texts.push_back(texts[i] + c);
        }
        return texts;
    };
    const auto patterns = all("ab?*", 4);
    const auto names = all("ab", 6);
    std::vector<std::vector<bool>> fits;
    for (const auto& pattern : patterns) {
        auto& row = fits.emplace_back();
        for (const auto& name : names) row.push_back(glob_match(pattern, name));
    }
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        for (std::size_t j = 0; j < patterns.size(); ++j) {
            bool both = false;
            for (std::size_t n = 0; n < names.size() && !both; ++n) both = fits[i][n] && fits[j][n];
            ASSERT_EQ(patterns_overlap(patterns[i], patterns[j]), both)
                << patterns[i] << " and " << patterns[j];
        }
    }
}

}  // namespace
}  // namespace bellwether::config
