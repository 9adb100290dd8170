// The messages of a request for APIs in which two sides take turns.
#include <gtest/gtest.h>

#include <bellwether/chat/write_sides.hpp>
#include <string>

namespace {

std::string sides(const std::string& messages) {
    const std::string request = R"({"model":"m","messages":[)" + messages + "]}";
    std::string out;
    bw::json::Writer json(out);
    json.object();
    bw::chat::write_sides(json, bw::chat::Request(bw::json::Value(request)),
                          [](bw::json::Writer& each, const bw::chat::Turn& turn) {
                              for (const bw::chat::Part& part : turn.parts())
                                  each.raw(part.text_json().raw());
                          });
    json.finish();
    return out;
}

TEST(WriteSides, TurnsOfOneSideAreOneMessage) {
    EXPECT_EQ(sides(R"({"role":"system","content":"s"},{"role":"user","content":"a"},)"
                    R"({"role":"user","content":"b"},{"role":"assistant","content":"c"})"),
              R"({"messages":[{"role":"user","content":["a","b"]},)"
              R"({"role":"assistant","content":["c"]}]})");
}

TEST(WriteSides, ATurnThatSaysNothingIsLeftOut) {
    EXPECT_EQ(sides(R"({"role":"user","content":"a"},{"role":"assistant","content":[]},)"
                    R"({"role":"user","content":"b"})"),
              R"({"messages":[{"role":"user","content":["a","b"]}]})");
    EXPECT_EQ(sides(R"({"role":"assistant","content":[]})"), R"({"messages":[]})");
}

}  // namespace
