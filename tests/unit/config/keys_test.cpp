// A new key is one line: reading, messages, the page and the reference follow from its row.
#include "config/keys.hpp"

#include <gtest/gtest.h>
#include <toml++/toml.h>

#include <array>

namespace bellwether::config {
namespace {

enum class Colour { red, green };
constexpr std::array<std::string_view, 2> k_colours{"red", "green"};

struct Inner {
    std::size_t length = 5;
};

struct Lamp {
    bool on = true;
    milliseconds wait{2'000};
    Colour colour = Colour::green;
    std::optional<Colour> other;
    Inner inner;
    std::string label = "none";
};

void read_label(Section& section, std::string_view key, Lamp& lamp) {
    if (const auto given = section.text(key)) lamp.label = given->value + "!";
}

constexpr KeyOf<Lamp> k_lamp[] = {
    key<&Lamp::on>("on", Flag{}, "whether it shines"),
    key<&Lamp::wait>("wait", Quantity{k_duration, R"("2s")", "s", 0, 60'000, "never"},
                     "how long until then"),
    key<&Lamp::colour>("colour", Choice{k_colours}, "how it shines"),
    key<&Lamp::other>("other", Choice{k_colours}, "how else", "none"),
    key<&Lamp::inner, &Inner::length>("length", Whole{1, 9}, "how long it is"),
    key<&Lamp::label>("label", Worded{"string", R"("type": "string")"}, "what it is called",
                      read_label),
};

std::string mistakes_in(std::string_view text, Lamp& lamp) {
    const toml::table table = toml::parse(text);
    Report report("lamp.toml");
    const ReadContext around;
    Section section(table, "lamp", report, around);
    read_keys<Lamp>(section, k_lamp, lamp);
    section.finish();
    std::string all;
    for (const Diagnostic& one : report.take()) all += to_string(one) + "\n";
    return all;
}

std::string page_of(const Lamp& lamp) {
    json::PrettyWriter writer;
    writer.begin_object();
    write_keys<Lamp>(writer, k_lamp, lamp);
    writer.end_object();
    std::string text;
    for (const char c : writer.view()) {
        if (c != '\n' && c != ' ') text += c;
    }
    return text;
}

TEST(KeyTable, AreReadIntoTheirMembers) {
    Lamp lamp;
    EXPECT_EQ(mistakes_in("on = false\nwait = \"3s\"\ncolour = \"red\"\nother = \"red\"\n"
                          "length = 7\nlabel = \"x\"",
                          lamp),
              "");
    EXPECT_FALSE(lamp.on);
    EXPECT_EQ(lamp.wait, milliseconds(3'000));
    EXPECT_EQ(lamp.colour, Colour::red);
    EXPECT_EQ(lamp.other, Colour::red);
    EXPECT_EQ(lamp.inner.length, 7u);
    EXPECT_EQ(lamp.label, "x!");
}

TEST(KeyTable, AWrongValueLeavesTheDefaultAndIsSaidOnce) {
    Lamp lamp;
    EXPECT_EQ(
        mistakes_in("wait = \"2h\"\ncolour = \"grene\"\nlength = 10", lamp),
        "lamp.toml:1:8: error: lamp.wait = \"2h\" is out of range; expected \"0s\" to \"1m\", "
        "or \"never\"\n"
        "lamp.toml:2:10: error: lamp.colour = \"grene\" is unknown; expected one of \"red\", "
        "\"green\"; did you mean \"green\"?\n"
        "lamp.toml:3:10: error: lamp.length = 10 is out of range; expected a whole number "
        "from 1 to 9\n");
    EXPECT_EQ(lamp.wait, Lamp().wait);
    EXPECT_EQ(lamp.colour, Lamp().colour);
    EXPECT_EQ(lamp.inner.length, Lamp().inner.length);
}

TEST(KeyTable, AnUnknownOneIsAnsweredWithTheTable) {
    Lamp lamp;
    EXPECT_EQ(mistakes_in("lenght = 1", lamp),
              "lamp.toml:1:1: error: unknown key \"lenght\" in lamp; expected one of on, wait, "
              "colour, other, length, label; did you mean \"length\"?\n");
}

TEST(KeyTable, ArePrintedAsTheFileWritesThem) {
    EXPECT_EQ(page_of(Lamp()),
              R"({"on":true,"wait":"2s","colour":"green","length":5,"label":"none"})");
    EXPECT_EQ(page_of({.wait = milliseconds(0), .other = Colour::red, .inner = {0}}),
              R"({"on":true,"wait":"never","colour":"green","other":"red","length":"none",)"
              R"("label":"none"})");
}

TEST(KeyTable, TheirRowsHaveTheDefaultsOfTheMembers) {
    const auto rows = rows_of<Lamp>(k_lamp);
    ASSERT_EQ(rows.size(), std::size(k_lamp));
    EXPECT_EQ(rows[1].usual, Value(std::int64_t{2'000}));
    EXPECT_EQ(rows[2].usual, Value(std::int64_t{1}));
    EXPECT_EQ(rows[3].usual, Value());
    EXPECT_EQ(rows[4].facts.meaning, "how long it is");
}

}  // namespace
}  // namespace bellwether::config
