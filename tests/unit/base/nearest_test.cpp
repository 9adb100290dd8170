#include "base/nearest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bellwether {
namespace {

const std::vector<std::string> k_models = {
    "qwen-max",          "qwen-plus",        "qwen-turbo",    "gpt-4.1",
    "claude-sonnet-4.5", "gemini-2.5-flash", "deepseek-v3.2", "echo"};

struct Case {
    const char* name;
    const char* expected;  // empty: nothing is near
};

TEST(Nearest, FindsTheModelThatWasMeant) {
    const Case cases[] = {
        {"gpt-4", "gpt-4.1"},
        {"gpt4.1", "gpt-4.1"},
        {"gpt-4-turbo", "gpt-4.1"},
        {"GPT-4.1", "gpt-4.1"},
        {"qwen2.5-max", "qwen-max"},
        {"Qwen2.5-Max", "qwen-max"},
        {"qwen_max", "qwen-max"},
        {"qwen-mxa", "qwen-max"},
        {"qwen", "qwen-max"},
        {"qwen-trubo", "qwen-turbo"},
        {"deepseek-chat", "deepseek-v3.2"},
        {"claude-sonnet", "claude-sonnet-4.5"},
        {"sonnet", "claude-sonnet-4.5"},
        {"gemini-1.5-flash", "gemini-2.5-flash"},
        {"ehco", "echo"},
        {"mistral-large", ""},
        {"llama3", ""},
        {"x", ""},
        {"", ""},
    };
    for (const auto& c : cases)
        EXPECT_EQ(nearest(c.name, k_models).value_or(""), c.expected) << c.name;
}

TEST(Nearest, FindsTheKeyThatWasMeant) {
    const std::vector<std::string> keys = {"listen", "workers", "max_body", "drain", "plugin_path"};
    EXPECT_EQ(nearest("lisen", keys), "listen");
    EXPECT_EQ(nearest("worker", keys), "workers");
    EXPECT_EQ(nearest("max-body", keys), "max_body");
    EXPECT_EQ(nearest("plugin_paths", keys), "plugin_path");
    EXPECT_EQ(nearest("budgets", keys), std::nullopt);
}

TEST(Nearest, PrefersTheFirstOfEquals) {
    const std::vector<std::string> names = {"cat", "bat"};
    EXPECT_EQ(nearest("rat", names), "cat");
}

TEST(Nearest, IgnoresHostileLengths) {
    const std::string huge(1 << 20, 'q');
    EXPECT_EQ(nearest(huge, k_models), std::nullopt);
    const std::vector<std::string> names = {huge, "qwen"};
    EXPECT_EQ(nearest("qwenn", names), "qwen");
}

TEST(Nearest, KnowsNothingWithoutNames) { EXPECT_EQ(nearest("qwen", {}), std::nullopt); }

}  // namespace
}  // namespace bellwether
