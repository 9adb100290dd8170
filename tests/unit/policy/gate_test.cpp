// Not a byte of an answer leaves before its hold is durable, and then all of it does, in order.
#include "policy/admission/gate.hpp"

#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

class Seen final : public Replies {
  public:
    void on_reply(std::string json) override { text += "reply:" + std::string(json) + " "; }
    void on_chunk(std::string_view json) override { text += "chunk:" + std::string(json) + " "; }
    void on_bytes(std::string_view type, std::string_view bytes) override {
        text += std::string(type) + ":" + std::string(bytes) + " ";
    }
    void on_end(const CallEnd& outcome) override { text += outcome.result ? "end" : "error"; }

    std::string text;
};

class GateTest : public testing::Test {
  protected:
    static Admission& admitted(Desk& desk) {
        Admission& admission = desk.ask();
        desk.session->answer({});
        return admission;
    }

    void commit() {
        desk.admission->when_durable([this](const Result<void>&) { gate.open(); });
        desk.session->commit();
    }

    Desk desk{k_budget};
    Seen seen;
    int kept = 0;
    Gate gate{admitted(desk), static_cast<Replies&>(seen), [this] { ++kept; }};
};

TEST_F(GateTest, KeepsAStreamUntilItsHoldIsDurable) {
    gate.on_chunk("1");
    gate.on_chunk("2");
    EXPECT_EQ(seen.text, "");
    EXPECT_EQ(kept, 1) << "whoever opens it is told once";
    commit();
    EXPECT_EQ(seen.text, "chunk:1 chunk:2 ");
    gate.on_chunk("3");
    gate.on_end({});
    EXPECT_EQ(seen.text, "chunk:1 chunk:2 chunk:3 end");
}

TEST_F(GateTest, KeepsAWholeAnswerWithItsEnd) {
    gate.on_reply("{}");
    gate.on_end({.provider = "a"});
    EXPECT_EQ(seen.text, "");
    ASSERT_NE(gate.kept_end(), nullptr);
    EXPECT_EQ(gate.kept_end()->provider, "a");
    commit();
    EXPECT_EQ(seen.text, "reply:{} end");
    EXPECT_EQ(gate.kept_end(), nullptr);
}

TEST_F(GateTest, KeepsAnErrorThatFollowsContent) {
    gate.on_chunk("1");
    gate.on_end({.result = fail(ErrorKind::protocol, "cut")});
    EXPECT_EQ(seen.text, "");
    commit();
    EXPECT_EQ(seen.text, "chunk:1 error");
}

// The end of a stream without any content is content, too.
TEST_F(GateTest, KeepsAnEmptyStream) {
    gate.on_end({});
    EXPECT_EQ(seen.text, "");
    commit();
    EXPECT_EQ(seen.text, "end");
}

TEST_F(GateTest, LetsAFailureThatSaidNothingPass) {
    gate.on_end({.result = fail(ErrorKind::unreachable, "nobody there")});
    EXPECT_EQ(seen.text, "error");
    EXPECT_EQ(kept, 0);
}

TEST_F(GateTest, KeepsNothingOnceTheHoldIsDurable) {
    desk.session->commit();
    gate.on_chunk("1");
    EXPECT_EQ(seen.text, "chunk:1 ");
    EXPECT_EQ(kept, 0);
}

}  // namespace
}  // namespace bellwether::policy
