// The table of members that mean something, and how their names are compared.
#include "json/known_members.hpp"

#include <gtest/gtest.h>

#include "json/member_names.hpp"

namespace bellwether::json {
namespace {

MemberRole means(std::string_view raw_key) {
    const KnownMember* const known = meaning_of(raw_key);
    return known == nullptr ? MemberRole::nothing : known->means;
}

TEST(KnownMembers, EachWordMeansOneThing) {
    const struct {
        std::string_view name;
        MemberRole means;
    } k_samples[] = {{"n", MemberRole::shown},
                     {"model", MemberRole::model},
                     {"messages", MemberRole::prompt},
                     {"max_tokens", MemberRole::answer},
                     {"maxOutputTokens", MemberRole::other},
                     {"max_output_tokens", MemberRole::other},
                     {"thinking_budget", MemberRole::thinking},
                     {"enable_thinking", MemberRole::free_switch},
                     {"reasoning_effort", MemberRole::wish},
                     {"generationConfig", MemberRole::container},
                     {"vl_high_resolution_images", MemberRole::detailed},
                     {"enable_search", MemberRole::search},
                     {"tools", MemberRole::tools}};
    for (const auto& sample : k_samples) EXPECT_EQ(means(sample.name), sample.means) << sample.name;
    for (const char* name : {"", "x", "max_token", "max_tokens_", "temperature", "tool", "models",
                             "a_name_that_is_longer_than_any_name_of_the_table"}) {
        EXPECT_EQ(meaning_of(name), nullptr) << name;
    }
}

TEST(KnownMembers, CaseAndEscapesAreOfNoAccount) {
    EXPECT_EQ(means("MAXOUTPUTTOKENS"), MemberRole::other);
    EXPECT_EQ(means("maxoutputtokens"), MemberRole::other);
    EXPECT_EQ(means(R"(max_output_\u0074okens)"), MemberRole::other);
    EXPECT_EQ(means("max_output_token\xC5\xBF"), MemberRole::other) << "the long s";
}

TEST(MemberNames, GivesWhatIsKnownOfAName) {
    MemberNames names;
    EXPECT_EQ(names.take("temperature").value(), nullptr);
    EXPECT_EQ(names.take("model").value()->means, MemberRole::model);
    EXPECT_EQ(names.take("Max_New_Tokens").value()->means, MemberRole::other);
    EXPECT_EQ(names.take("max_new_tokens").value()->means, MemberRole::other)
        << "twice, and no matter";
}

TEST(MemberNames, RefusesTheSameNameTwiceAndInAnotherCase) {
    for (const char* name : {"model", "input", "max_tokens", "best_of", "enable_thinking", "user",
                             "encoding_format", "search_parameters"}) {
        MemberNames names;
        EXPECT_TRUE(names.take(name)) << name;
        EXPECT_FALSE(names.take(name)) << name;
    }
    for (const char* name : {"Model", "MAX_TOKENS", "N", "\xE2\x84\xAA", "Encoding_Format"}) {
        MemberNames names;
        EXPECT_EQ(names.take(name).has_value(), std::string_view(name) == "\xE2\x84\xAA") << name;
    }
}

// What a plugin passes on in another case is a member that nobody knows.
TEST(MemberNames, SomeWordsCountInTheirOwnSpellingOnly) {
    MemberNames names;
    EXPECT_EQ(names.take("VL_high_resolution_images").value(), nullptr);
    EXPECT_EQ(names.take("vl_high_resolution_images").value()->means, MemberRole::detailed);
}

TEST(PartMeaning, IsOfTheExactName) {
    EXPECT_EQ(part_meaning("image_url"), PartRole::picture);
    EXPECT_EQ(part_meaning("input_audio"), PartRole::sound);
    EXPECT_EQ(part_meaning("text"), PartRole::text);
    EXPECT_EQ(part_meaning("url"), PartRole::link);
    for (const char* name : {"", "Text", "video_url", "file"}) {
        EXPECT_EQ(part_meaning(name), PartRole::unknown) << name;
    }
}

}  // namespace
}  // namespace bellwether::json
