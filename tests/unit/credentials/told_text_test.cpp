#include "credentials/told_text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace bellwether::credentials {
namespace {

TEST(ToldText, SecretsAreHiddenHoweverTheyAreWritten) {
    const std::array<std::string_view, 2> secrets{"s3cret/+", "other"};
    EXPECT_EQ(told_text("no s3cret/+ and s3cret%2F%2B, others", secrets), "no *** and ***, ***s");
}

TEST(ToldText, IsOneLineAndShort) {
    EXPECT_EQ(told_text(" a\r\n\tb\x01 ", {}), "a b");
    const std::string told = told_text(std::string(399, 'x') + "สวัสดี", {});
    EXPECT_EQ(told, std::string(399, 'x') + "...");
}

TEST(ToldText, AnEmptySecretHidesNothing) {
    const std::array<std::string_view, 2> secrets{"", "a"};
    EXPECT_EQ(told_text("abc", secrets), "abc");
}

TEST(FitsHeader, OnlyPrintableAscii) {
    EXPECT_TRUE(fits_header("sk-1 2"));
    for (const char* text : {"", " a", "a ", "a\n", "é"}) EXPECT_FALSE(fits_header(text)) << text;
}

}  // namespace
}  // namespace bellwether::credentials
