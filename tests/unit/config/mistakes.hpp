// What the tests of the configuration have in common: text in, messages out.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace bellwether::config {

// The smallest complete rest of a file.
inline constexpr std::string_view k_rest =
    "\n[providers.echo]\n[[routes]]\nmodel = \"echo\"\nto = \"echo\"\n";

// All messages, one a line, as they are printed for the file "c.toml".
inline std::string mistakes(std::string_view toml) {
    std::string text;
    for (const auto& diagnostic : parse(toml, "c.toml").diagnostics) {
        text += (text.empty() ? "" : "\n") + to_string(diagnostic);
    }
    return text;
}

struct Mistake {
    std::string toml;  // the rest is appended
    std::string expected;
};

inline void expect_all(std::span<const Mistake> cases, std::string_view rest = k_rest) {
    for (const auto& mistake : cases) {
        const std::string text = mistake.toml + std::string(rest);
        EXPECT_EQ(mistakes(text), mistake.expected) << text;
    }
}

}  // namespace bellwether::config
