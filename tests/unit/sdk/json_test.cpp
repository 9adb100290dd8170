// The JSON scanner: what it takes and refuses, lookups, and edits that leave every other byte
// alone.
#include <gtest/gtest.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <bellwether/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

using namespace bw::json;

TEST(JsonValid, TakesWhatTheStandardAllows) {
    for (const char* text :
         {"null", "true", "false", "0", "-0", "12", "-1.5e+30", "1E5", "0.001", "\"\"", "[]", "{}",
          " \t\r\n{ \"a\" : [ 1 , { } , [ ] ] } \n", R"("\u00e9\n\/\"\\")", R"("\ud83d\ude00")",
          "\"สวัสดีชาวโลก 你好世界\"", "\"\xF4\x8F\xBF\xBF\"", "[1,[2,[3]]]", "\"\x7F\""}) {
        EXPECT_TRUE(valid(text)) << text;
    }
}

TEST(JsonValid, RefusesTheRest) {
    for (const char* text :
         {"",        " ",         "nul",         "True",      "01",
          "-",       "+1",        ".5",          "1.",        "1e",
          "1e+",     "[1,]",      "[,1]",        "[1 2]",     "{\"a\":1,}",
          "{a:1}",   "{\"a\"}",   "{\"a\":}",    "{\"a\" 1}", "[1}",
          "{]",      "{\"a\":1",  "[",           "\"",        "\"\\",
          "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\t\"",    "\"\n\"",
          "1 2",     "{} {}",     "NaN",         "'a'",       "\xEF\xBB\xBF{}"}) {
        EXPECT_FALSE(valid(text)) << text;
    }
    EXPECT_FALSE(valid(std::string_view("\"a\0b\"", 5)));
    EXPECT_FALSE(valid(std::string_view("\"\\\0\"", 4)));
}

TEST(JsonValid, RefusesHalfOfASurrogatePair) {
    for (const char* text : {R"("\ud83d")", R"("\ude00")", R"("\ud83d\ud83d")", R"("\ud83dx")",
                             R"("\ud83d\n")", R"("\ud83d\u0041")"}) {
        EXPECT_FALSE(valid(text)) << text;
    }
}

TEST(JsonValid, RefusesBytesThatAreNotUtf8WhereverTheyStand) {
    for (const std::string bad : {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xC2\x41",
                                  "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                                  "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"}) {
        for (std::size_t before = 0; before < 40; ++before) {
            const std::string text = "\"" + std::string(before, 'a') + bad + "bcdefghijklmnopqr\"";
            EXPECT_FALSE(valid(text)) << before;
        }
    }
}

TEST(JsonValid, CountsNesting) {
    const auto nested = [](int depth) {
        return std::string(static_cast<std::size_t>(depth), '[') +
               std::string(static_cast<std::size_t>(depth), ']');
    };
    EXPECT_TRUE(valid(nested(64)));
    EXPECT_FALSE(valid(nested(65)));
    EXPECT_TRUE(valid(nested(3), 3));
    EXPECT_FALSE(valid(nested(4), 3));
    EXPECT_TRUE(valid("7", 0));
    EXPECT_FALSE(valid("[]", 0));
    EXPECT_TRUE(valid(nested(1024), 1 << 30));
    EXPECT_FALSE(valid(nested(1025), 1 << 30));
    EXPECT_FALSE(valid(std::string(1 << 20, '[')));
}

TEST(JsonValid, FindsTheEndOfAStringAtEveryDistance) {
    for (std::size_t length = 0; length < 70; ++length) {
        const std::string text = "\"" + std::string(length, 'x') + "\"";
        EXPECT_TRUE(valid(text));
        EXPECT_FALSE(valid(std::string_view(text).substr(0, length + 1)));
        EXPECT_TRUE(valid("\"" + std::string(length, 'x') + "\\n" + "y\""));
    }
}

// RapidJSON is the second opinion on text that is nearly JSON.
TEST(JsonValid, AgreesWithRapidJsonOnDamagedText) {
    const std::string sound =
        R"({"a":[1,-2.5e3,true,null],"b":{"c":"d\u00e9\n","e":"ไทย"},"f":"","g":[{},[]]})";
    std::mt19937 random(7);
    for (int i = 0; i < 20000; ++i) {
        std::string text = sound;
        const auto at = random() % text.size();
        switch (random() % 3) {
            case 0: text.erase(at, 1 + random() % 3); break;
            case 1: text[at] = "{}[]\",:\\u0e-t \n"[random() % 15]; break;
            default: text.insert(at, 1, "{}[]\",:\\u0e-t \n"[random() % 15]);
        }
        rapidjson::MemoryStream stream(text.data(), text.size());
        rapidjson::BaseReaderHandler<> nobody;
        const auto read =
            rapidjson::Reader().Parse<rapidjson::kParseValidateEncodingFlag>(stream, nobody);
        EXPECT_EQ(valid(text), !read.IsError()) << text;
    }
}

TEST(JsonValue, TellsKinds) {
    const Value value(R"( {"n":null,"b":true,"i":-1,"s":"x","a":[],"o":{}} )");
    EXPECT_EQ(value.kind(), Kind::object);
    EXPECT_EQ(value["n"].kind(), Kind::null);
    EXPECT_EQ(value["b"].kind(), Kind::boolean);
    EXPECT_EQ(value["i"].kind(), Kind::number);
    EXPECT_EQ(value["s"].kind(), Kind::string);
    EXPECT_EQ(value["a"].kind(), Kind::array);
    EXPECT_EQ(value["o"].kind(), Kind::object);
    EXPECT_EQ(value["x"].kind(), Kind::missing);
    EXPECT_EQ(value["x"]["y"].at(3)["z"].kind(), Kind::missing);
    EXPECT_FALSE(value["n"]);
    EXPECT_FALSE(value["x"]);
    EXPECT_TRUE(value["b"]);
    EXPECT_EQ(Value().kind(), Kind::missing);
    EXPECT_EQ(Value("  ").kind(), Kind::missing);
    EXPECT_EQ(Value("?").kind(), Kind::missing);
}

TEST(JsonValue, LooksUpKeysWithEscapes) {
    const Value value(R"({"\u0061b":1,"c\"d":2,"ก":3,"a":4,"a":5})");
    EXPECT_EQ(value["ab"].integer(), 1);
    EXPECT_EQ(value["c\"d"].integer(), 2);
    EXPECT_EQ(value["ก"].integer(), 3);
    EXPECT_EQ(value["a"].integer(), 4);
}

TEST(JsonValue, Converts) {
    EXPECT_EQ(Value(R"("a\tb\u0e01\ud83d\ude00\\")").string(), "a\tbก😀\\");
    EXPECT_EQ(Value("1").string("fallback"), "fallback");
    EXPECT_EQ(Value("9223372036854775807").integer(), INT64_MAX);
    EXPECT_EQ(Value("-9223372036854775808").integer(), INT64_MIN);
    EXPECT_EQ(Value("9223372036854775808").integer(), std::nullopt);
    EXPECT_EQ(Value("12.0").integer(), std::nullopt);
    EXPECT_EQ(Value("1e3").integer(), std::nullopt);
    EXPECT_EQ(Value("01").integer(), std::nullopt);
    EXPECT_EQ(Value("\"1\"").integer(), std::nullopt);
    EXPECT_EQ(Value("-2.5e1").number(), -25.0);
    EXPECT_EQ(Value("x").number(), std::nullopt);
    EXPECT_TRUE(Value("true").boolean(false));
    EXPECT_FALSE(Value("false").boolean(true));
    EXPECT_TRUE(Value("1").boolean(true));
    EXPECT_TRUE(Value(R"("\u0061")").equals("a"));
    EXPECT_FALSE(Value("a").equals("a"));
}

TEST(JsonValue, Iterates) {
    std::string seen;
    for (const Value& element : Value("[1, \"b\" ,[2],{}]").elements()) {
        seen += std::string(element.raw()) + ";";
    }
    EXPECT_EQ(seen, "1;\"b\";[2];{};");
    seen.clear();
    for (const Member& member : Value(R"({ "a" : 1 , "\u0062" : [2] })").members()) {
        seen += member.key() + "=" + std::string(member.value().raw()) + ";";
    }
    EXPECT_EQ(seen, "a=1;b=[2];");
    for (const Value& element : Value("{\"a\":1}").elements()) FAIL() << element.raw();
    for (const Member& member : Value("[1]").members()) FAIL() << member.key();
    EXPECT_EQ(Value("[10,20,30]").at(2).integer(), 30);
    EXPECT_EQ(Value("[10]").at(1).kind(), Kind::missing);
}

TEST(JsonValue, StopsAtDamageWithoutReadingOn) {
    const std::string whole = R"({"a":{"b":["c\u00e9",1.5e3,{"d":null}]},"e":"f"})";
    for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
        const std::vector<char> exact(whole.begin(),
                                      whole.begin() + static_cast<std::ptrdiff_t>(length));
        const Value value(std::string_view(exact.data(), exact.size()));
        EXPECT_FALSE(value["e"]);
        static_cast<void>(value["a"]["b"].at(2)["d"].string());
        static_cast<void>(with_member(std::string_view(exact.data(), exact.size()), "z", "1"));
        static_cast<void>(without_member(std::string_view(exact.data(), exact.size()), "a"));
    }
}

TEST(JsonQuote, EscapesWhatMustBe) {
    EXPECT_EQ(quote("a\"b\\c\n\r\t\b\f\x01\x1f"), R"("a\"b\\c\n\r\t\b\f\u0001\u001f")");
    EXPECT_EQ(quote("สวัสดี/😀"), "\"สวัสดี/😀\"");
    EXPECT_EQ(quote("a\xFFz\xE0\xB8"), "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
    EXPECT_EQ(quote(""), "\"\"");
}

TEST(JsonCollect, ReadsTheFirstOfEachName) {
    Value a, b, c;
    EXPECT_TRUE(collect(R"( {"b":[1] ,"x":{"a":0},"a":1,"a":2,"\u0063":"\n"} )",
                        {{"a", &a}, {"b", &b}, {"c", &c}}));
    EXPECT_EQ(a.raw(), "1");
    EXPECT_EQ(b.raw(), "[1]");
    EXPECT_EQ(c.string(), "\n");
}

TEST(JsonCollect, TellsWhatIsNoObject) {
    for (const char* text : {"", "1", "[{}]", "{", R"({"a":1}x)", R"({"a":1,})", R"({"a":01})"}) {
        Value a;
        EXPECT_FALSE(collect(text, {{"a", &a}})) << text;
    }
    Value a, b;
    EXPECT_FALSE(collect(R"({"a":1,"b":tru})", {{"a", &a}, {"b", &b}}));
    EXPECT_EQ(a.raw(), "1");
    EXPECT_EQ(b.kind(), Kind::missing);
}

TEST(JsonText, IsCopiedOnlyWhereItMustBe) {
    std::string room = "as it was";
    const std::string plain = R"("bell")";
    EXPECT_EQ(Value(plain).text(room).data(), plain.data() + 1);
    EXPECT_EQ(room, "as it was");
    EXPECT_EQ(Value(R"("a\tb")").text(room), "a\tb");
    EXPECT_EQ(Value("7").text(room), "");
}

TEST(JsonText, IsComparedUnescaped) {
    EXPECT_TRUE(Value(R"("\u0061b")").equals("ab"));
    EXPECT_FALSE(Value(R"("a\n")").equals("a\\n"));
    EXPECT_TRUE(Value(R"("a\\n")").equals("a\\n"));
    EXPECT_FALSE(Value(R"("a")").equals("ab"));
}

TEST(JsonQuote, RoundTripsRandomBytes) {
    std::mt19937 random(3);
    for (int i = 0; i < 2000; ++i) {
        std::string text(random() % 60, ' ');
        for (char& c : text) c = static_cast<char>(random() % 128);
        const std::string quoted = quote(text);
        EXPECT_TRUE(valid(quoted));
        EXPECT_EQ(Value(quoted).string(), text);
    }
}

TEST(JsonRewrite, ReplacesInPlace) {
    EXPECT_EQ(with_member(R"({ "a" : 1 , "b" : 2 })", "a", "[9]"), R"({ "a" : [9] , "b" : 2 })");
    EXPECT_EQ(with_member(R"({"\u0061":1})", "a", "2"), R"({"\u0061":2})");
    EXPECT_EQ(with_member(R"({"a":1,"b":2,"a":3})", "a", "4"), R"({"b":2,"a":4})");
    EXPECT_EQ(with_member(R"({"x":{"a":1}})", "a", "3"), R"({"x":{"a":1},"a":3})");
}

TEST(JsonRewrite, Appends) {
    EXPECT_EQ(with_member("{}", "a", "1"), R"({"a":1})");
    EXPECT_EQ(with_member(" { } ", "a", "1"), R"( { "a":1} )");
    EXPECT_EQ(with_member("{\"b\":1.50\n}", "a\"", "null"), "{\"b\":1.50\n,\"a\\\"\":null}");
    EXPECT_EQ(with_member("[1]", "a", "1"), "[1]");
}

TEST(JsonRewrite, Removes) {
    EXPECT_EQ(without_member(R"({"a":1})", "a"), "{}");
    EXPECT_EQ(without_member(R"({"a":1, "b":2})", "a"), R"({"b":2})");
    EXPECT_EQ(without_member(R"({"a":1, "b":2})", "b"), R"({"a":1})");
    EXPECT_EQ(without_member(R"({"a":1,"b":2,"c":3})", "b"), R"({"a":1,"c":3})");
    EXPECT_EQ(without_member(R"({"b":1,"b":2,"c":3,"b":4})", "b"), R"({"c":3})");
    EXPECT_EQ(without_member(R"({"b":1,"b":2})", "b"), "{}");
    EXPECT_EQ(without_member(R"({"a":0 , "b":1,"b":2 , "c":3})", "b"), R"({"a":0 , "c":3})");
    EXPECT_EQ(without_member(R"({"x":{"b":1}})", "b"), R"({"x":{"b":1}})");
    EXPECT_EQ(without_member("[]", "b"), "[]");
}

TEST(JsonScan, GivesKeysAndEnds) {
    const std::string text = R"({"a":[1,2],"b":{"c":3}}tail)";
    const char* const end = text.data() + text.size();
    std::string seen;
    const char* const stop =
        scan_object(text.data(), end, [&](std::string_view key, const char* value) {
            seen += key;
            if (*value != '[') return skip_value(value, end);
            return scan_array(value, end, [&](const char* p) {
                seen += *p;
                return skip_value(p, end);
            });
        });
    ASSERT_NE(stop, nullptr);
    EXPECT_STREQ(stop, "tail");
    EXPECT_EQ(seen, "a12b");
    EXPECT_EQ(scan_object(text.data(), end,
                          [](std::string_view, const char*) -> const char* { return nullptr; }),
              nullptr);
}

}  // namespace
