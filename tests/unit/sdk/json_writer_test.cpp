// The writer of JSON: what it writes is valid whatever it is told, and as it was told where that
// has a meaning.
#include <bellwether/json.hpp>
#include <bellwether/json/writer.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace {

using bw::json::Value;
using bw::json::Writer;

template <typename F>
std::string written(F&& write) {
    std::string out;
    {
        Writer json(out);
        write(json);
    }
    return out;
}

TEST(JsonWriter, WritesMembersAndElementsWithCommasBetween) {
    const std::string text = written([](Writer& json) {
        json.object().member("model", "m").array("messages");
        for (const char* const role : {"user", "assistant"}) {
            json.object().member("role", role).end();
        }
        json.end().object("options").end().member("n", 2);
    });
    EXPECT_EQ(
        text,
        R"({"model":"m","messages":[{"role":"user"},{"role":"assistant"}],"options":{},"n":2})");
}

TEST(JsonWriter, TakesEveryKindOfValue) {
    const std::string text = written([](Writer& json) {
        json.array()
            .value(true)
            .value(nullptr)
            .value(std::optional<int>())
            .value(std::optional<std::string>("x"))
            .value(Value(R"( {"a":1} )"))
            .value(Value())
            .value(std::int8_t{-5})
            .value(std::numeric_limits<std::uint64_t>::max())
            .value(std::numeric_limits<std::int64_t>::min())
            .raw("[1]")
            .raw("");
    });
    EXPECT_EQ(
        text,
        R"([true,null,null,"x",{"a":1},null,-5,18446744073709551615,-9223372036854775808,[1],null])");
}

TEST(JsonWriter, WritesNumbersAsShortAsTheyCanBeReadBack) {
    const auto number = [](double value) {
        return written([&](Writer& json) { json.value(value); });
    };
    EXPECT_EQ(number(0.1), "0.1");
    EXPECT_EQ(number(1), "1");
    EXPECT_EQ(number(-0.0), "-0");
    EXPECT_EQ(written([](Writer& json) { json.value(0.7f); }), "0.7");
    for (const double value : {1e300, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, -123456.789}) {
        EXPECT_EQ(Value(number(value)).number(), value);
        EXPECT_TRUE(bw::json::valid(number(value))) << number(value);
    }
}

TEST(JsonWriter, WritesNullForWhatIsNoNumberInJson) {
    const double infinite = std::numeric_limits<double>::infinity();
    EXPECT_EQ(written([&](Writer& json) {
                  json.array().value(infinite).value(-infinite).value(
                      std::numeric_limits<double>::quiet_NaN());
              }),
              "[null,null,null]");
}

TEST(JsonWriter, EscapesKeysAndTexts) {
    EXPECT_EQ(written([](Writer& json) {
                  json.object().member("a\"b", std::string_view("x\n\0\xFFy", 5));
              }),
              "{\"a\\\"b\":\"x\\n\\u0000\xEF\xBF\xBDy\"}");
}

TEST(JsonWriter, LeavesOutWhatIsNotThere) {
    EXPECT_EQ(written([](Writer& json) {
                  json.object()
                      .maybe("a", std::optional<double>())
                      .maybe("b", std::optional<double>(0))
                      .maybe("c", Value())
                      .maybe("d", Value("null"))
                      .maybe("e", Value("0"))
                      .maybe("f", "")
                      .maybe("g", std::string("x"));
              }),
              R"({"b":0,"e":0,"g":"x"})");
}

TEST(JsonWriter, AppendsAndEndsWhatIsOpen) {
    std::string out = "data: ";
    Writer json(out);
    json.object().array("a").object();
    EXPECT_EQ(json.depth(), 3);
    json.finish();
    EXPECT_EQ(out, R"(data: {"a":[{}]})");
    EXPECT_EQ(json.depth(), 0);
}

TEST(JsonWriter, MendsCallsThatHaveNoMeaning) {
    EXPECT_EQ(written([](Writer& json) { json.object().value(1); }), R"({"":1})");
    EXPECT_EQ(written([](Writer& json) { json.object().key("a").key("b").value(1); }),
              R"({"a":null,"b":1})");
    EXPECT_EQ(written([](Writer& json) { json.object().key("a").end(); }), R"({"a":null})");
    EXPECT_EQ(written([](Writer& json) { json.array().member("a", 1); }), "[1]");
    EXPECT_EQ(written([](Writer& json) { json.value(1).value(2).object().member("a", 1); }), "1");
    EXPECT_EQ(written([](Writer& json) { json.end().key("a").array().end().end(); }), "[]");
}

TEST(JsonWriter, WritesNullForWhatNestsTooDeepForReaders) {
    const std::string text = written([](Writer& json) {
        for (int i = 0; i < 100; ++i) json.array();
        json.value(1);
        for (int i = 0; i < 37; ++i) json.end();
        json.value(2);
    });
    EXPECT_TRUE(bw::json::valid(text)) << text;
    EXPECT_EQ(text, std::string(64, '[') + "null],2" + std::string(63, ']'));
}

// Calls by chance, most of them without meaning.
TEST(JsonWriter, WritesValidJsonWhateverItIsTold) {
    std::mt19937 random(7);
    for (int round = 0; round < 3000; ++round) {
        std::string out;
        {
            Writer json(out);
            const auto calls = random() % 200;
            for (unsigned i = 0; i < calls; ++i) {
                switch (random() % 10) {
                    case 0: json.object(); break;
                    case 1: json.array(); break;
                    case 2: json.end(); break;
                    case 3: json.key("k\"\xC3"); break;
                    case 4: json.member("m", random()); break;
                    case 5: json.value("\x01\xE0\xA4"); break;
                    case 6: json.object("o"); break;
                    case 7: json.array("a"); break;
                    case 8: json.value(1.0 / static_cast<double>(random() % 3)); break;
                    default: json.raw("1.5e3"); break;
                }
            }
        }
        ASSERT_TRUE(out.empty() || bw::json::valid(out)) << out;
    }
}

}  // namespace
