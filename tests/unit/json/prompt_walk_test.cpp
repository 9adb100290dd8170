// The walk over a prompt refuses what the plain scanner refuses, wherever in a part it stands.
#include "json/prompt_walk.hpp"

#include <gtest/gtest.h>

#include "json/request.hpp"

namespace bellwether::json {
namespace {

std::string repeated(std::string_view text, int count) {
    std::string out;
    while (count-- > 0) out += text;
    return out;
}

bool accepts(const std::string& prompt, Operation operation = Operation::chat) {
    Call call;
    call.operation = operation;
    const char* const name = operation == Operation::chat ? "messages" : "prompt";
    call.body = R"({"model":"m",")" + std::string(name) + "\":" + prompt + "}";
    return read_request(call).has_value();
}

// `levels` of the whole body, the request's own object being the first of them.
std::string nested(std::string_view before, int levels, std::string_view after) {
    return std::string(before) + repeated("[", levels) + repeated("]", levels) + std::string(after);
}

TEST(PromptWalk, NestsAsDeepAsEverythingElse) {
    const struct {
        std::string_view before;
        int levels;  // with those of the body and of `before`
        std::string_view after;
    } k_places[] = {{"", 1, ""},
                    {"[", 2, "]"},
                    {R"([{"name":)", 3, "}]"},
                    {R"([{"audio":)", 3, "}]"},
                    {R"([{"content":)", 3, "}]"},
                    {R"([{"content":{"image_url":)", 4, "}}]"},
                    {R"([{"content":[{"text":)", 5, "}]}]"},
                    {R"([{"content":[{"image_url":)", 5, "}]}]"},
                    {R"([{"content":[{"image_url":{"url":)", 6, "}}]}]"}};
    for (const auto& place : k_places) {
        const int left = k_depth_max - place.levels;
        EXPECT_TRUE(accepts(nested(place.before, left, place.after))) << place.before;
        EXPECT_FALSE(accepts(nested(place.before, left + 1, place.after))) << place.before;
    }
}

TEST(PromptWalk, RefusesWhatIsNoJson) {
    for (const char* bad : {"1e999", "01", "\"\x01\"", "\"\xff\"", "tru", "[1,]", R"({"a":1,})",
                            R"({"a"})", "", R"("\ud800")"}) {
        for (const std::string before :
             {"", "[", R"([{"content":)", R"([{"audio":)", R"([{"content":[)",
              R"([{"content":[{"text":)", R"([{"content":[{"image_url":)",
              R"([{"content":[{"image_url":[)", R"([{"content":[{"image_url":{"url":)"}) {
            std::string after;
            for (const char c : before) {
                if (c == '[') after.insert(0, "]");
                if (c == '{') after.insert(0, "}");
            }
            EXPECT_TRUE(accepts(before + "1" + after)) << before;
            // An empty array is none of these mistakes.
            const bool empty = *bad == 0 && before.ends_with("[");
            EXPECT_EQ(accepts(before + bad + after), empty) << before << bad;
            if (before.empty() || before == "[") {
                EXPECT_EQ(accepts(before + bad + after, Operation::completions), empty) << bad;
            }
        }
    }
}

TEST(PromptWalk, CountsThePromptsOfACompletion) {
    const auto count = [](std::string_view prompt, Operation operation, const char* name) {
        Call call;
        call.operation = operation;
        call.body = R"({"model":"m",")" + std::string(name) + "\":" + std::string(prompt) + "}";
        EXPECT_TRUE(read_request(call)) << prompt;
        return call.asked.prompts;
    };
    const auto completing = [&](std::string_view prompt) {
        return count(prompt, Operation::completions, "prompt");
    };
    EXPECT_EQ(completing(R"("x")"), 1);
    EXPECT_EQ(completing(R"(["x","y","z"])"), 3);
    EXPECT_EQ(completing("[11,-12,13]"), 1);
    EXPECT_EQ(completing("[[11,12],[13]]"), 2);
    EXPECT_EQ(completing(R"([1,"x"])"), 1);
    EXPECT_EQ(completing("[]"), 1);
    EXPECT_EQ(count(R"(["x","y"])", Operation::embeddings, "input"), 1);
}

}  // namespace
}  // namespace bellwether::json
