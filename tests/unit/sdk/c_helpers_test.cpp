// The helpers for C do what those for C++ do: the same JSON from the same calls, and the same
// values from the same text. tests/abi/helpers_test.c uses them in C.
#include <bellwether/c/helpers.h>
#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "c_host.hpp"

namespace {

using namespace bw::testing;
using bw::json::Value;

// ---- texts -----------------------------------------------------------------------------------

TEST(CHelpers, CompareTexts) {
    EXPECT_TRUE(bw_str_equal(S("ab"), c("ab")));
    EXPECT_FALSE(bw_str_equal(S("ab"), c("abc")));
    EXPECT_TRUE(bw_str_equal(S(""), bw_str_from(nullptr)));
    EXPECT_TRUE(bw_str_equal_nocase(S("Retry-After"), S("retry-aFTER")));
    EXPECT_FALSE(bw_str_equal_nocase(S("@"), S("`"))) << "they differ in the same bit as letters";
    EXPECT_LT(bw_str_compare(S("a"), S("ab")), 0);
    EXPECT_GT(bw_str_compare(S("b"), S("ab")), 0);
    EXPECT_EQ(bw_str_compare(S("ab"), S("ab")), 0);
}

// ---- JSON ------------------------------------------------------------------------------------

TEST(CHelpers, WriteTheSameJson) {
    std::mt19937 random(5);
    for (int round = 0; round < 2000; ++round) {
        std::string expected;
        bw_buffer buffer = {};
        {
            bw::json::Writer theirs(expected);
            bw_json_writer ours = bw_json_writing(&buffer);
            for (auto left = random() % 120; left > 0; --left) {
                const std::string text = random_text(random, 6);
                const auto number = static_cast<std::int64_t>(random()) - 2'000'000'000;
                switch (random() % 8) {
                    case 0: theirs.object(), bw_json_object(&ours); break;
                    case 1: theirs.array(), bw_json_array(&ours); break;
                    case 2: theirs.end(), bw_json_end(&ours); break;
                    case 3: theirs.key(text), bw_json_key(&ours, c(text)); break;
                    case 4: theirs.value(text), bw_json_string(&ours, c(text)); break;
                    case 5: theirs.value(number), bw_json_integer(&ours, number); break;
                    case 6: theirs.value(true), bw_json_boolean(&ours, 1); break;
                    default: theirs.raw(""), bw_json_raw(&ours, S("")); break;
                }
            }
            bw_json_finish(&ours);
        }
        ASSERT_EQ(cpp(bw_buffer_text(&buffer)), expected);
        ASSERT_TRUE(expected.empty() || bw_json_valid(c(expected)));
        bw_buffer_free(&buffer);
    }
}

TEST(CHelpers, WriteNumbersThatAreReadBackExactly) {
    const auto written = [](double value) {
        bw_buffer buffer = {};
        bw_json_writer json = bw_json_writing(&buffer);
        bw_json_number(&json, value);
        const std::string out = cpp(bw_buffer_text(&buffer));
        bw_buffer_free(&buffer);
        return out;
    };
    EXPECT_EQ(written(0.1), "0.1");
    EXPECT_EQ(written(1), "1");
    EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(written(std::numeric_limits<double>::quiet_NaN()), "null");
    std::mt19937_64 random(1);
    for (int round = 0; round < 2000; ++round) {
        const double value = static_cast<double>(random()) / static_cast<double>(random() | 1);
        EXPECT_EQ(bw_json_to_number(c(written(value)), 0), value);
    }
}

TEST(CHelpers, FindValuesByTheirPath) {
    const std::string text =
        R"( {"a":[{"b":"x\n\u00e4\ud83d\ude00"},7],"n":-5,"t":true,"e\u0041":1,"d":1.5e2,"z":null} )";
    const bw_str json = c(text);
    bw_arena arena = {};
    EXPECT_EQ(cpp(bw_json_text(bw_json_get(json, "a[0].b"), &arena)),
              "x\n\xC3\xA4\xF0\x9F\x98\x80");
    EXPECT_EQ(bw_json_to_integer(bw_json_get(json, "a[1]"), 0), 7);
    EXPECT_EQ(bw_json_to_integer(bw_json_get(json, "n"), 0), -5);
    EXPECT_EQ(bw_json_to_integer(bw_json_get(json, "eA"), 0), 1);
    EXPECT_EQ(bw_json_to_integer(bw_json_get(json, "d"), 9), 9) << "not written as an integer";
    EXPECT_EQ(bw_json_to_number(bw_json_get(json, "d"), 0), 150);
    EXPECT_EQ(bw_json_to_boolean(bw_json_get(json, "t"), 0), 1);
    EXPECT_EQ(bw_json_to_boolean(bw_json_get(json, "n"), 2), 2);
    EXPECT_EQ(bw_json_kind(bw_json_get(json, "z")), BW_JSON_NULL);
    for (const char* const path : {"b", "a[2]", "a[99999999999999999999999]", "a.b", "n[0]",
                                   "a[0].b.c", "a]", "[0]", "a[0]]"}) {
        EXPECT_EQ(bw_json_kind(bw_json_get(json, path)), BW_JSON_MISSING) << path;
    }
    EXPECT_TRUE(bw_json_equals(bw_json_get(json, "a[0].b"), S("x\n\xC3\xA4\xF0\x9F\x98\x80")));
    EXPECT_FALSE(bw_json_equals(bw_json_get(json, "a[0].b"), S("x\n")));
    EXPECT_EQ(bw_json_to_integer(S("9223372036854775807"), 0),
              std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(bw_json_to_integer(S("-9223372036854775808"), 0),
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(bw_json_to_integer(S("9223372036854775808"), 3), 3);
    EXPECT_EQ(bw_json_to_integer(S("-"), 3), 3);
    EXPECT_EQ(arena.failed, 0);
    bw_arena_free(&arena);
}

TEST(CHelpers, AppendStringsToABuffer) {
    bw_buffer buffer = {};
    bw_json_append_text(&buffer, S("\"a\\n\\u00e4\""));
    bw_json_append_text(&buffer, S("7"));
    bw_json_append_text(&buffer, S(""));
    EXPECT_EQ(cpp(bw_buffer_text(&buffer)), "a\n\xC3\xA4");
    bw_buffer_free(&buffer);
}

TEST(CHelpers, GiveTheArgumentsOfAToolCall) {
    bw_arena arena = {};
    const auto arguments = [&](const std::string& given) {
        const std::string call = R"({"function":{"arguments":)" + given + "}}";
        return cpp(bw_chat_arguments(c(call), &arena));
    };
    EXPECT_EQ(arguments(R"("{\"a\":1}")"), R"({"a":1})");
    EXPECT_EQ(arguments(R"({"a":1})"), R"({"a":1})");
    for (const char* const none : {R"("")", R"("nonsense")", R"("[1]")", R"("{")", "null", "7"}) {
        EXPECT_EQ(arguments(none), "{}") << none;
    }
    bw_arena_free(&arena);
}

TEST(CHelpers, GiveTheLimitOfTokens) {
    const auto limit = [](const char* request) {
        return cpp(bw_chat_max_tokens(bw_str_from(request)));
    };
    EXPECT_EQ(limit(R"({"max_tokens":5,"max_completion_tokens":7})"), "7");
    EXPECT_EQ(limit(R"({"max_tokens":5,"max_completion_tokens":null})"), "5");
    EXPECT_EQ(limit(R"({"max_tokens":null})"), "");
    EXPECT_EQ(limit("{}"), "");
}

TEST(CHelpers, CopyStringsIntoTheCallersRoom) {
    char room[4];
    EXPECT_EQ(bw_json_copy(S("\"a\\nb\""), room, sizeof room), 3u);
    EXPECT_STREQ(room, "a\nb");
    EXPECT_EQ(bw_json_copy(S("\"abcdef\""), room, sizeof room), 6u)
        << "the whole text has six bytes";
    EXPECT_EQ(std::string(room, 4), "abcd");
    EXPECT_EQ(bw_json_copy(S("7"), room, sizeof room), 0u);
    EXPECT_EQ(bw_json_copy(S("\"abc\""), nullptr, 0), 3u);
}

// Walks a value by both readers at once.
void expect_same(bw_str ours, const Value& theirs, int depth = 0) {
    ASSERT_EQ(cpp(ours), theirs.raw());
    bw_arena arena = {};
    ASSERT_EQ(cpp(bw_json_text(ours, &arena)), theirs.string());
    bw_arena_free(&arena);
    ASSERT_EQ(bw_json_to_integer(ours, 77), theirs.integer().value_or(77));
    bw_json_walk walk = bw_json_each(ours);
    for (const Value& element : theirs.elements()) {
        ASSERT_TRUE(bw_json_next(&walk));
        expect_same(walk.value, element, depth + 1);
    }
    for (const bw::json::Member& member : theirs.members()) {
        ASSERT_TRUE(bw_json_next(&walk));
        ASSERT_EQ(cpp(walk.key), member.raw_key());
        expect_same(walk.value, member.value(), depth + 1);
        ASSERT_EQ(cpp(bw_json_member(ours, c(member.key()))), theirs[member.key()].raw());
    }
    ASSERT_FALSE(bw_json_next(&walk));
}

TEST(CHelpers, ReadTheSameOfAnyText) {
    std::mt19937 random(9);
    const std::vector<std::string> pieces = {"{",           "}",
                                             "[",           "]",
                                             ",",           ":",
                                             "\"a\"",       "\"\\u00e4\\ud83d\\ude00\"",
                                             "\"\\ud83d\"", "1",
                                             "-0.5e3",      "01",
                                             "true",        "null",
                                             " ",           "\"\xE0\xB8\x81\"",
                                             "\"\xFF\"",    "{\"a\":[1,{\"b\":\"c\"}],\"d\":{}}",
                                             "[[],[1,2]]",  "\"\\x\"",
                                             "fals"};
    int valid = 0;
    for (int round = 0; round < 60'000; ++round) {
        std::string text;
        for (auto left = random() % 7; left > 0; --left) text += pieces[random() % pieces.size()];
        const std::vector<char> fenced(text.begin(), text.end());
        const std::string_view view(fenced.data(), fenced.size());
        ASSERT_EQ(bw_json_valid(c(view)) != 0, bw::json::valid(view)) << text;
        if (!bw::json::valid(view)) {
            bw_json_walk walk = bw_json_each(bw_json_get(c(view), ""));
            while (bw_json_next(&walk)) EXPECT_TRUE(bw_json_valid(walk.value)) << text;
            continue;
        }
        ++valid;
        expect_same(c(Value(view).raw()), Value(view));
    }
    EXPECT_GT(valid, 3'000);
    const std::string deep(64, '[');
    EXPECT_TRUE(bw_json_valid(c(deep + std::string(64, ']'))));
    EXPECT_FALSE(bw_json_valid(c("[" + deep + std::string(65, ']'))));
}

}  // namespace
