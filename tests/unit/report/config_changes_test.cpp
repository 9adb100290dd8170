// What differs between two configurations, as operators read it.
#include "report/config_changes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace bellwether::report {
namespace {

std::vector<std::string> texts(std::string_view before, std::string_view now) {
    std::vector<std::string> all;
    for (const ConfigChange& change : config_changes(before, now)) all.push_back(to_string(change));
    std::ranges::sort(all);
    return all;
}

using Texts = std::vector<std::string>;

TEST(ConfigChanges, ASettingHasItsPathAndBothValues) {
    EXPECT_EQ(texts(R"({"server": {"drain": "30s", "workers": 2}})",
                    R"({"server": {"drain": "9s", "workers": 2}})"),
              Texts({R"(server.drain: "30s" -> "9s")"}));
}

TEST(ConfigChanges, NothingChangesByWhereItStands) {
    EXPECT_EQ(texts(R"({"budgets": [{"name": "all", "file": "a.toml", "line": 3}]})",
                    R"({"budgets": [{"name": "all", "file": "b.toml", "line": 9}]})"),
              Texts());
}

TEST(ConfigChanges, APartThatIsNewOrGoneIsToldOnce) {
    EXPECT_EQ(
        texts(
            R"({"providers": {"a": {"x": 1, "deep": {"y": 2}}}, "routes": []})",
            R"({"providers": {"b": {"x": 1}}, "routes": [{"model": "m", "to": [{"model": "n"}]}]})"),
        Texts({"providers.a: removed", "providers.b: added", "routes[m]: added"}));
}

TEST(ConfigChanges, ASettingThatIsNewOrGoneIsNoPart) {
    EXPECT_EQ(texts(R"({"providers": {"a": {"x": 1}}})", R"({"providers": {"a": {"y": [1, 2]}}})"),
              Texts({"providers.a.x: removed", "providers.a.y: [1, 2]"}));
}

// The pages are printed for people; a line of the log is one line.
TEST(ConfigChanges, AListIsOnOneLine) {
    EXPECT_EQ(texts("{\"a\": []}", "{\"a\": [\n        \"x  y\",\n        \"z\"\n    ]}"),
              Texts({R"(a: ["x  y", "z"])"}));
}

// The first route that matches serves a call.
TEST(ConfigChanges, TheOrderOfPartsCounts) {
    const auto routes = [](std::string_view first, std::string_view second) {
        return std::string(R"({"routes": [{"model": ")") + std::string(first) +
               R"("}, {"model": ")" + std::string(second) + R"("}]})";
    };
    EXPECT_EQ(texts(routes("a", "b"), routes("b", "a")), Texts({"routes: the order: changed"}));
    EXPECT_EQ(texts(routes("a", "b"), routes("b", "c")),
              Texts({"routes[a]: removed", "routes[c]: added"}))
        << "what is left has its order";
}

// Names of models have dots, and one part may be within another.
TEST(ConfigChanges, APartOfAnyNameIsFound) {
    EXPECT_EQ(texts(R"({"routes": [{"model": "m-4", "to": [{"model": "n.1", "weight": 1}]}]})",
                    R"({"routes": [{"model": "m-4.1", "weight": 2},
                             {"model": "m-4", "to": [{"model": "n.1.5", "weight": 1}]}]})"),
              Texts({"routes[m-4.1]: added", "routes[m-4].to[n.1.5]: added",
                     "routes[m-4].to[n.1]: removed"}));
}

// To look at each part for each setting would take hours here.
TEST(ConfigChanges, ManyThousandsOfPartsAreCompared) {
    constexpr int k_parts = 50'000;
    const auto keys = [](char kind) {
        std::string text = R"({"keys": [)";
        for (int i = 0; i < k_parts; ++i) {
            if (i > 0) text += ',';
            text += R"({"name": ")" + (kind + std::to_string(i)) + R"(", "disabled": false})";
        }
        return text + "]}";
    };
    EXPECT_EQ(config_changes(keys('a'), keys('b')).size(), 2u * k_parts);
}

TEST(ConfigChanges, PartsOfOneNameAreToldApart) {
    EXPECT_EQ(texts(R"({"keys": [{"name": "a", "id": "1"}, {"name": "a", "id": "2"}]})",
                    R"({"keys": [{"name": "a", "id": "1"}, {"name": "a", "id": "3"}]})"),
              Texts({R"(keys[a]#1.id: "2" -> "3")"}));
}

}  // namespace
}  // namespace bellwether::report
