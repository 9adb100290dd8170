// Frames are the same however the network cut the bytes, and memory is bounded.
#include "plugin/framer.hpp"

#include <bellwether/provider.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace bellwether::plugin {
namespace {

using ::testing::ElementsAre;

struct Seen {
    std::uint32_t kind;
    std::string data;
    std::string event;
    bool operator==(const Seen&) const = default;
};

// Feeds `body` in pieces of `size` bytes.
std::vector<Seen> frames(std::uint32_t kind, std::string_view body, std::size_t size,
                         bool error_reply = false) {
    std::vector<Seen> seen;
    Framer framer([&seen](std::uint32_t frame, std::string_view data, std::string_view event) {
        seen.push_back({frame, std::string(data), std::string(event)});
        return true;
    });
    framer.begin(kind, error_reply);
    for (std::size_t at = 0; at < body.size(); at += size) {
        EXPECT_TRUE(framer.feed(body.substr(at, size)));
    }
    EXPECT_TRUE(framer.finish());
    return seen;
}

constexpr std::string_view k_events =
    "\xEF\xBB\xBF: keep-alive\r\n\r\ndata: {\"t\":\"สวัสดี\"}\r\n\r\nevent: "
    "x\ndata:{\"t\":\"你好\"}\n\n"
    "data\n\ndata: [DONE]\n\n";

TEST(Framer, EventsAreTheSameAtEverySplit) {
    const std::vector<Seen> whole = frames(BW_FRAME_SSE, k_events, k_events.size());
    ASSERT_EQ(whole.size(), 3u);
    EXPECT_EQ(whole[0], (Seen{BW_FRAME_SSE, "{\"t\":\"สวัสดี\"}", ""}));
    EXPECT_EQ(whole[1], (Seen{BW_FRAME_SSE, "{\"t\":\"你好\"}", "x"}));
    EXPECT_EQ(whole[2].data, "[DONE]");
    for (std::size_t size = 1; size < k_events.size(); ++size) {
        EXPECT_EQ(frames(BW_FRAME_SSE, k_events, size), whole) << size;
    }
}

TEST(Framer, LinesAreTheSameAtEverySplit) {
    constexpr std::string_view k_lines = "{\"a\":1}\n\r\n{\"b\":\"ไทย\"}\r\nlast";
    for (std::size_t size = 1; size <= k_lines.size(); ++size) {
        EXPECT_THAT(frames(BW_FRAME_LINE, k_lines, size),
                    ElementsAre(Seen{BW_FRAME_LINE, "{\"a\":1}", ""},
                                Seen{BW_FRAME_LINE, "{\"b\":\"ไทย\"}", ""},
                                Seen{BW_FRAME_LINE, "last", ""}));
    }
}

TEST(Framer, JsonWhereEventsWereAskedComesWhole) {
    constexpr std::string_view k_json = "\n  {\"error\":{\"message\":\"no\"}}";
    for (std::size_t size = 1; size <= k_json.size(); ++size) {
        EXPECT_THAT(frames(BW_FRAME_SSE, k_json, size),
                    ElementsAre(Seen{BW_FRAME_WHOLE, "{\"error\":{\"message\":\"no\"}}", ""}));
    }
}

TEST(Framer, AnErrorsBodyComesWholeAndCut) {
    const std::string huge(k_error_body_bytes_max + 5, 'x');
    const auto seen = frames(BW_FRAME_SSE, huge, 4096, true);
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen[0].kind, static_cast<std::uint32_t>(BW_FRAME_WHOLE));
    EXPECT_EQ(seen[0].data.size(), k_error_body_bytes_max);
}

TEST(Framer, AnEmptyWholeBodyIsStillAFrame) {
    EXPECT_THAT(frames(BW_FRAME_WHOLE, "", 1), ElementsAre(Seen{BW_FRAME_WHOLE, "", ""}));
}

TEST(Framer, AnEndlessLineIsRefused) {
    Framer framer([](std::uint32_t, std::string_view, std::string_view) { return true; });
    framer.begin(BW_FRAME_LINE, false);
    const std::string megabyte(1u << 20, 'x');
    bool going = true;
    for (int i = 0; i < 20 && going; ++i) going = framer.feed(megabyte);
    EXPECT_FALSE(going);
    EXPECT_NE(framer.problem().find("longer than"), std::string::npos);
}

TEST(Framer, AnEndlessEventIsRefused) {
    Framer framer([](std::uint32_t, std::string_view, std::string_view) { return true; });
    framer.begin(BW_FRAME_SSE, false);
    const std::string megabyte(1u << 20, 'x');
    bool going = framer.feed("data: ");
    for (int i = 0; i < 20 && going; ++i) going = framer.feed(megabyte);
    EXPECT_FALSE(going);
    EXPECT_NE(framer.problem().find("larger than"), std::string::npos);
}

TEST(Framer, TheSinkCanStopIt) {
    int seen = 0;
    Framer framer([&seen](std::uint32_t, std::string_view, std::string_view) {
        ++seen;
        return false;
    });
    framer.begin(BW_FRAME_SSE, false);
    EXPECT_FALSE(framer.feed("data: a\n\ndata: b\n\n"));
    EXPECT_EQ(seen, 1);
    EXPECT_TRUE(framer.problem().empty());
}

}  // namespace
}  // namespace bellwether::plugin
