// Classes of characters are those of ASCII for every byte there is.
#include "base/ascii.hpp"

#include <gtest/gtest.h>

#include <cctype>

namespace bellwether {
namespace {

TEST(Ascii, AgreesWithTheLocaleCForEveryByte) {
    for (int byte = 0; byte < 256; ++byte) {
        const char c = static_cast<char>(byte);
        EXPECT_EQ(is_digit(c), std::isdigit(byte) != 0) << byte;
        EXPECT_EQ(is_alpha(c), std::isalpha(byte) != 0) << byte;
        EXPECT_EQ(is_alphanumeric(c), std::isalnum(byte) != 0) << byte;
        EXPECT_EQ(lower(c), static_cast<char>(std::tolower(byte))) << byte;
    }
}

TEST(Ascii, LowersTextAndLeavesOtherLettersAlone) {
    EXPECT_EQ(lower("X-Api_KEY 9\xC3\x84"), "x-api_key 9\xC3\x84");
    EXPECT_EQ(lower(""), "");
}

}  // namespace
}  // namespace bellwether
