// What a plugin refuses by the name of a member, and what it calls the formats of media.
#include <gtest/gtest.h>

#include <bellwether/chat/check.hpp>
#include <bellwether/chat/file_ending.hpp>
#include <string>

namespace bw::chat {
namespace {

std::string refused(const std::string& members, bw_status expected) {
    const std::string body =
        R"({"messages":[{"role":"user","content":"hi"}],)" + members + R"("model":"m"})";
    try {
        check(Request(json::Value(body)), {"n", "logit_bias", "parallel_tool_calls"});
    } catch (const Error& error) {
        EXPECT_EQ(error.status(), expected) << members;
        EXPECT_EQ(error.message().find(error.param()), 0U) << error.message();
        return error.param();
    }
    return "";
}

TEST(Check, NamesWhatIsWrongAndWhatIsNotServed) {
    EXPECT_EQ(refused(R"("n":"x",)", BW_E_INVALID), "n");
    EXPECT_EQ(refused(R"("n":2,)", BW_E_UNSUPPORTED), "n");
    EXPECT_EQ(refused(R"("logit_bias":{"1":1},)", BW_E_UNSUPPORTED), "logit_bias");
    EXPECT_EQ(refused(R"("parallel_tool_calls":false,)", BW_E_UNSUPPORTED), "parallel_tool_calls");
    EXPECT_EQ(refused(R"("n":1,"logit_bias":{},"parallel_tool_calls":true,"seed":1,)", BW_OK), "");
    EXPECT_EQ(refused("", BW_OK), "");
}

TEST(FileEnding, IsKnownOfWhatIsUsualInChats) {
    EXPECT_EQ(file_ending("image/jpeg"), "jpeg");
    EXPECT_EQ(file_ending("application/pdf"), "pdf");
    EXPECT_EQ(
        file_ending("application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        "docx");
    EXPECT_EQ(file_ending("audio/mpeg"), "mp3");
    EXPECT_EQ(file_ending("image/svg+xml"), "");
    EXPECT_EQ(file_ending(""), "");
}

}  // namespace
}  // namespace bw::chat
