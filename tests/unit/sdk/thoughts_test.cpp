// Thoughts that clients hand back, in both directions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bellwether/chat/reply.hpp>
#include <bellwether/chat/request.hpp>
#include <bellwether/chat/thoughts.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace bw::chat {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Sink {
    std::vector<std::string>* out;
    void emit_chunk(std::string_view json) { out->emplace_back(json); }
    void emit_reply(std::string_view json) { out->emplace_back(json); }
    void emit_usage_chunk(std::string_view json) { out->emplace_back(json); }
};

constexpr std::string_view k_signed =
    R"({"type":"reasoning.text","text":"ab","signature":"st","format":"f","index":0})";
constexpr std::string_view k_sealed =
    R"({"type":"reasoning.encrypted","data":"xyz","format":"f","index":1})";

std::vector<std::string> told(bool stream) {
    std::vector<std::string> out;
    Reply<Sink> reply({&out}, stream);
    Thoughts thoughts("f");
    thoughts.text(reply, "a").text(reply, "b").signature("s").signature("t");
    thoughts.close(reply);
    thoughts.close(reply);
    thoughts.data(reply, "xyz").data(reply, "");
    thoughts.text(reply, "unsigned");
    thoughts.close(reply);
    reply.text("!").finish(Finish::stop);
    EXPECT_TRUE(reply.end());
    return out;
}

TEST(Thoughts, AreToldPieceByPieceAndOnceMoreWhole) {
    const std::vector<std::string> chunks = told(true);
    std::string thought;
    std::vector<std::string> details;
    for (const std::string& chunk : chunks) {
        const json::Value delta = json::Value(chunk)["choices"].at(0)["delta"];
        thought += delta["reasoning_content"].string();
        for (const json::Value& each : delta["reasoning_details"].elements()) {
            details.emplace_back(each.raw());
        }
    }
    EXPECT_EQ(thought, "abunsigned");
    EXPECT_THAT(details, ElementsAre(k_signed, k_sealed));
    EXPECT_EQ(chunks.size(), 7U);
    EXPECT_THAT(told(false),
                ElementsAre(HasSubstr(std::string(R"("reasoning_details":[)") +
                                      std::string(k_signed) + "," + std::string(k_sealed) + "]")));
}

TEST(Thoughts, AreReadFromWhatTheAssistantSaid) {
    const std::string body =
        R"({"messages":[{"role":"user","content":"q","reasoning_details":[{"signature":"s",)"
        R"("format":"f"}]},{"role":"assistant","content":"a","reasoning_details":[)" +
        std::string(k_signed) + "," + std::string(k_sealed) +
        R"(,{"text":"unsigned","format":"f"},{"signature":"s","format":"g"},7,)"
        R"({"signature":{},"data":[],"format":"f"},{"signature":"s","data":"d","format":"f"}]},)"
        R"({"role":"assistant","content":"b","reasoning_details":{}}]})";
    std::vector<std::string> read;
    const Request request{json::Value(body)};
    for (const Turn& turn : request.turns()) {
        for (const Thought& each : thoughts_of(turn, "f")) {
            read.push_back(each.text + "|" + each.signature + "|" + each.data);
        }
    }
    EXPECT_THAT(read, ElementsAre("ab|st|", "||xyz", "|s|"));
}

}  // namespace
}  // namespace bw::chat
