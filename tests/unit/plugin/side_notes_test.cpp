// What a plugin says beside its answer: what is allowed comes through, and nothing else.
#include "plugin/side_notes.hpp"

#include <gtest/gtest.h>

#include "plugin/header_names.hpp"
#include "plugin/instance.hpp"

namespace bellwether::plugin {
namespace {

class SideNotesTest : public testing::Test {
  protected:
    SideNotesTest() {
        provider.manifest.response_headers = {"request-id"};
        provider.secrets.emplace_back("sk-secret");
    }
    void header(std::string_view name, std::string_view value) {
        notes.header({str(name), str(value)}, provider);
    }
    void text(std::string_view name, std::string_view value) {
        bw_attribute said{};
        said.size = sizeof said;
        said.type = BW_TEXT;
        said.name = str(name);
        said.text = str(value);
        notes.attribute(said, provider);
    }

    LoadedProvider provider;
    SideNotes notes;
};

TEST_F(SideNotesTest, PassesOnTheHeadersOfTheManifest) {
    header("Request-Id", "r1");
    header("x-other", "1");
    EXPECT_EQ(notes.header_lines(), "request-id: r1\r\n");
    header("request-id", "r2");
    EXPECT_EQ(notes.header_lines(), "request-id: r2\r\n") << "the last one holds";
}

TEST_F(SideNotesTest, DropsHeadersThatWouldHarm) {
    header("request-id", "a\r\nset-cookie: b");
    header("request-id", "sk-secret");
    header("request-id", std::string(2'000, 'x'));
    EXPECT_EQ(notes.header_lines(), "");
}

TEST_F(SideNotesTest, WritesAttributesAsJson) {
    text("region", "eu\"1");
    bw_attribute tokens{};
    tokens.size = sizeof tokens;
    tokens.type = BW_INTEGER;
    tokens.integer = -5;
    tokens.name = str("left");
    notes.attribute(tokens, provider);
    tokens.type = 99;
    tokens.name = str("unknown");
    notes.attribute(tokens, provider);
    EXPECT_EQ(notes.attributes(), R"({"region":"eu\"1","left":-5})");
}

TEST_F(SideNotesTest, HidesCredentialsAndKeepsWithinBounds) {
    text("key", "it is sk-secret");
    for (int i = 0; i < 100; ++i) text("n" + std::to_string(i), std::string(5'000, 'x'));
    EXPECT_EQ(notes.attributes().find("sk-secret"), std::string::npos);
    EXPECT_LT(notes.attributes().size(), 40'000U);
}

TEST(HeaderNames, CredentialsAreNeverSeenAndTheHostsOwnNeverSet) {
    EXPECT_TRUE(may_be_seen("anthropic-beta"));
    EXPECT_FALSE(may_be_seen("authorization"));
    EXPECT_FALSE(may_be_seen("Anthropic-Beta")) << "names arrive in lower case";
    EXPECT_TRUE(may_be_answered("request-id"));
    for (const char* own : {"content-type", "set-cookie", "x-bellwether-provider", "date",
                            "access-control-allow-origin", "x-request-id", "a b", ""}) {
        EXPECT_FALSE(may_be_answered(own)) << own;
    }
}

}  // namespace
}  // namespace bellwether::plugin
