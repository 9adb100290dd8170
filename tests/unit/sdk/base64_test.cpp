// Base64: what was encoded comes back, and nothing else is taken for it.
#include <bellwether/base64.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace {

using bw::base64::decode;
using bw::base64::encode;

TEST(Base64, WhatWasEncodedComesBack) {
    for (std::size_t size = 0; size < 70; ++size) {
        std::string bytes;
        for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i * 37 + size);
        std::string text = encode(bytes);
        EXPECT_EQ(decode(text), bytes);
        while (!text.empty() && text.back() == '=') text.pop_back();
        EXPECT_EQ(decode(text), bytes) << "without padding";
    }
    EXPECT_EQ(encode("hello"), "aGVsbG8=");
}

TEST(Base64, NothingElseIsTakenForIt) {
    const std::string right = "aGVsbG8h";
    for (std::size_t i = 0; i < right.size(); ++i) {
        for (const char odd : {'*', '-', ' ', '\0', '\x80', '\xFF'}) {
            std::string text = right;
            text[i] = odd;
            EXPECT_FALSE(decode(text)) << i;
        }
    }
    EXPECT_FALSE(decode("aG=sbG8h"));
    EXPECT_FALSE(decode("A"));
    EXPECT_FALSE(decode("AAAAA"));
}

}  // namespace
