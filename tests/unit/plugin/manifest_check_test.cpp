// Every mistake in a manifest is named at once, with its place.
#include "plugin/manifest_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/manifest.hpp"

namespace bellwether::plugin {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

ManifestFindings check(const char* text) { return check_manifest(json::Value(text)); }

// The one mistake of this text.
std::string mistake(const char* text) {
    const auto mistakes = check(text).mistakes;
    EXPECT_THAT(mistakes, SizeIs(1)) << text;
    return mistakes.empty() ? "" : mistakes.front();
}

TEST(ManifestCheck, TakesAWholeManifest) {
    const auto findings = check(R"({"summary":"s","operations":["chat"],
        "base_url":"https://x.test/v1","base_url_env":"X_URL",
        "credentials":[{"name":"api_key","env":"X_KEY","required":false,
                    "foreign":[{"prefix":"sk-","vendor":"Y","certain":false}]}],
        "options":{"tone":{"type":"string","default":"plain","values":["plain","loud"],"help":"h"},
                   "wait":{"type":"duration","default":"30s"},"n":{"type":"integer","default":1},
                   "more":{"type":"table"}},
        "models":[{"id":"a","context":10,"max_output":5,"owned_by":"x","stream_only":true}],
        "models_elsewhere":false,"continues_with":"partial"})");
    EXPECT_THAT(findings.mistakes, IsEmpty());
    EXPECT_THAT(findings.doubts, IsEmpty());
}

// A later host may know more members; this one passes over them, and says so.
TEST(ManifestCheck, UnknownMembersAreDoubtsAndTheNearestIsNamed) {
    const auto findings = check(R"({"sumary":"s","zebra":1,"operations":["chats","chat"],
        "models":[{"id":"a","contxt":1}]})");
    EXPECT_THAT(findings.mistakes, IsEmpty());
    EXPECT_THAT(findings.doubts, SizeIs(4));
    EXPECT_THAT(findings.misspelt,
                ElementsAre("\"sumary\" is unknown; did you mean \"summary\"?",
                            "\"operations: chats\" is unknown; did you mean \"chat\"?",
                            "\"models[0].contxt\" is unknown; did you mean \"context\"?"));
}

TEST(ManifestCheck, WrongTypesAreNamed) {
    for (const auto& [text, said] : {
             std::pair(R"({"summary":5})", "\"summary\" is a number, not a string"),
             std::pair(R"({"operations":"chat"})", "\"operations\" is a string, not an array"),
             std::pair(R"({"operations":["chat",1]})", "\"operations[1]\" is a number"),
             std::pair(R"({"base_url":{}})", "\"base_url\" is an object, not a string"),
             std::pair(R"({"credentials":{}})", "\"credentials\" is an object, not an array"),
             std::pair(R"({"credentials":["api_key"]})",
                       "\"credentials[0]\" is a string, not an object"),
             std::pair(R"({"credentials":[{"name":"k","required":"yes"}]})",
                       "\"credentials[0].required\" is a string, not a boolean"),
             std::pair(R"({"options":[]})", "\"options\" is an array, not an object"),
             std::pair(R"({"options":{"a":"string"}})", "\"options.a\" is a string, not an object"),
             std::pair(R"({"models":["m"]})", "\"models[0]\" is a string, not an object"),
             std::pair(R"({"models":[null]})", "\"models[0]\" is null"),
             std::pair(R"({"models":[{"id":"m","stream_only":1}]})",
                       "\"models[0].stream_only\" is a number, not a boolean"),
         }) {
        EXPECT_THAT(mistake(text), HasSubstr(said)) << text;
    }
}

TEST(ManifestCheck, WrongValuesAreNamed) {
    for (const auto& [text, said] : {
             std::pair(R"({"summary":"two\nlines"})", "line end"),
             std::pair(R"({"operations":[]})", "it would serve nothing"),
             std::pair(R"({"operations":["chat","chat"]})", "as one before it is"),
             std::pair(R"({"base_url":"x.test"})", "\"base_url\" is \"x.test\", not a URL"),
             std::pair(R"({"base_url_env":"A B"})", "the name of an environment variable"),
             std::pair(R"({"credentials":[{"env":"K"}]})", "\"credentials[0].name\" is missing"),
             std::pair(R"({"credentials":[{"name":""}]})", "\"credentials[0].name\" is empty"),
             std::pair(R"({"credentials":[{"name":"k","env":"1K"}]})",
                       "\"credentials[0].env\" is \"1K\""),
             std::pair(R"({"credentials":[{"name":"k"},{"name":"k"}]})",
                       "\"credentials[1].name\" is \"k\", as one before it is"),
             std::pair(R"({"options":{"a":{},"a":{}}})", "\"options.a\" is given twice"),
             std::pair(R"({"options":{"a":{"type":"strng"}}})", "did you mean \"string\"?"),
             std::pair(R"({"options":{"a":{"type":"integer","default":"1"}}})",
                       "\"options.a.default\" is \"1\", not of type integer"),
             std::pair(R"({"options":{"a":{"type":"integer","default":1.5}}})", "of type integer"),
             std::pair(R"({"options":{"a":{"type":"duration","default":"soon"}}})", "a duration"),
             std::pair(R"({"options":{"a":{"values":["x"],"default":"y"}}})",
                       "\"options.a.default\" is \"y\", not one of x"),
             std::pair(R"({"options":{"a":{"type":"integer","values":["x"]}}})", "is for strings"),
             std::pair(R"({"options":{"a":{"values":["x","x"]}}})", "as one before it is"),
             std::pair(R"({"models":[{"context":1}]})", "\"models[0].id\" is missing"),
             std::pair(R"({"models":[{"id":"m"},{"id":"m"}]})", "\"models[1].id\" is \"m\""),
             std::pair(R"({"models":[{"id":"m","context":-1}]})", "a number of tokens"),
             std::pair(R"({"models":[{"id":"m","max_output":1.5}]})", "a number of tokens"),
             std::pair(R"({"continues_with":true})", "\"continues_with\" is a boolean"),
             std::pair(R"({"continues_with":""})", "\"continues_with\" is \"\", not the name"),
             std::pair(R"({"continues_with":"a b"})", "a member that a message has not yet"),
             std::pair(R"({"continues_with":"content"})", "a member that a message has not yet"),
             std::pair(R"({"summary":"a","summary":"b"})", "\"summary\" is given twice"),
         }) {
        EXPECT_THAT(mistake(text), HasSubstr(said)) << text;
    }
    const std::string longer(300, 'm');
    EXPECT_THAT(mistake(("{\"models\":[{\"id\":\"" + longer + "\"}]}").c_str()),
                HasSubstr("longer than 256 bytes"));
    EXPECT_THAT(mistake(("{\"summary\":\"" + longer + longer + "\"}").c_str()),
                HasSubstr("longer than 512 bytes"));
}

// What is null is left out: generators of JSON write it so.
TEST(ManifestCheck, NullIsLeftOut) {
    EXPECT_THAT(
        check(R"({"summary":null,"credentials":null,"options":{"a":{"default":null}}})").mistakes,
        IsEmpty());
}

TEST(ManifestCheck, AllMistakesAreSaidAtOnce) {
    const auto manifest =
        read_manifest(R"({"summary":1,"operations":[],"models":[{"id":""},{"context":"x"}]})");
    ASSERT_FALSE(manifest);
    for (const char* place :
         {"summary", "operations", "models[0].id", "models[1].id", "models[1].context"}) {
        EXPECT_THAT(manifest.error(), HasSubstr(place));
    }
}

}  // namespace
}  // namespace bellwether::plugin
