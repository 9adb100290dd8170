// A stream that breaks off after content, on a route with `continue_stream`.
#include "answered_attempts.hpp"

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using net::FailureKind;
using testing::HasSubstr;
using testing::Not;

// The plugin `openai` cannot take up an answer, and `holysheep` can.
constexpr const char* k_targets = R"(
[providers.a]
plugin = "openai"
base_url = "https://a.test/v1"
timeouts = { first_byte = "4s", idle = "3s", total = "20s", stream_total = "30s" }
[providers.b]
plugin = "holysheep"
base_url = "https://b.test/v1"
api_key = "env:HOLYSHEEP_API_KEY"
[providers.c]
plugin = "holysheep"
base_url = "https://c.test/v1"
api_key = "env:HOLYSHEEP_API_KEY"
[[routes]]
model = "*"
to = ["a", "b", "c"]
)";

constexpr const char* k_asking = R"(,"stream_options":{"include_usage":true})";
constexpr const char* k_wrong = R"({"error":{"code":"invalid_parameter_error","message":"no"}})";

std::string said(const std::string& text, const std::string& id = "d") {
    return R"({"id":")" + id +
           R"(","choices":[{"index":0,"delta":{"role":"assistant","content":")" + text +
           R"("},"finish_reason":null}]})";
}

class ContinuedAttempts : public AnsweredAttempts {
  protected:
    explicit ContinuedAttempts(config::RetryBudget repeats = {.percent = 0, .per_second = 0})
        : AnsweredAttempts(repeats, with_key(k_targets)) {
        leeway.continues = true;
        targets.push_back({.provider = "c", .target = {.provider = 2, .model = "o"}});
    }
    static const char* with_key(const char* file) {
        setenv("HOLYSHEEP_API_KEY", "cr_x", 1);
        return file;
    }
    // The newest upstream says this, and the connection breaks.
    void breaks_after(const std::string& text) {
        streams();
        wire.last().event(k_role);
        wire.last().event(said(text));
        wire.last().fails(FailureKind::cut);
    }
    void ends_well() {
        wire.last().event(k_stop);
        wire.last().event("[DONE]");
        wire.last().ends();
    }
    const CallEnd& end() const { return client.ends.at(0); }
};

TEST_F(ContinuedAttempts, ABrokenStreamGoesOnWhereAnAnswerCanBeTakenUp) {
    begin(true);
    streams();
    wire.last().event(k_role);
    wire.last().event(k_hello);
    wire.last().fails(FailureKind::cut);
    EXPECT_TRUE(client.ends.empty());
    ASSERT_EQ(wire.upstreams.size(), 2U);
    EXPECT_THAT(wire.last().url, HasSubstr("b.test"));
    EXPECT_THAT(wire.last().body,
                HasSubstr(R"({"role":"user","content":"hi"},)"
                          R"({"role":"assistant","content":"hello","partial":true}])"));
    streams();
    wire.last().event(k_role);
    wire.last().event(said(" world"));
    ends_well();
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_TRUE(end().result);
    EXPECT_EQ(end().provider, "b");
    EXPECT_EQ(end().attempts, 2U);
    EXPECT_TRUE(end().continued);
    ASSERT_EQ(end().failures.size(), 1U);
    EXPECT_FALSE(end().failures[0].continued);
    EXPECT_GT(end().failures[0].usage.output_tokens, 0);
    ASSERT_EQ(client.chunks.size(), 4U);
    EXPECT_THAT(client.chunks[1], HasSubstr("hello"));
    EXPECT_EQ(
        client.chunks[2],
        R"({"id":"c","choices":[{"index":0,"delta":{"content":" world"},"finish_reason":null}]})")
        << "it is one answer: one role, one id";
    EXPECT_THAT(client.chunks[3], HasSubstr("stop"));
}

TEST_F(ContinuedAttempts, WhereNobodyCanTakeItUpTheStreamEnds) {
    targets.resize(1);
    begin(true);
    breaks_after("hello");
    EXPECT_EQ(wire.upstreams.size(), 1U);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_FALSE(end().result);
    EXPECT_FALSE(end().continued);
}

TEST_F(ContinuedAttempts, AnAnswerThatIsMoreThanTextEnds) {
    for (const char* delta : {R"({"tool_calls":[{"index":0,"id":"t"}]})",
                              R"({"reasoning_content":"hm","content":"hello"})"}) {
        SCOPED_TRACE(delta);
        wire.upstreams.clear();
        client.ends.clear();
        begin(true);
        streams();
        wire.last().event(k_hello);
        wire.last().event(chunk(delta));
        wire.last().fails(FailureKind::cut);
        EXPECT_EQ(wire.upstreams.size(), 1U);
        ASSERT_EQ(client.ends.size(), 1U);
        EXPECT_FALSE(end().result);
    }
}

TEST_F(ContinuedAttempts, ARequestForMoreThanTextEnds) {
    begin(true, R"(,"tools":[{"type":"function","function":{"name":"f"}}])");
    breaks_after("hello");
    EXPECT_EQ(wire.upstreams.size(), 1U);
    ASSERT_EQ(client.ends.size(), 1U);
}

TEST_F(ContinuedAttempts, ATargetThatAddsToolsIsPassedOver) {
    const config::Target adding{.set = {{.key = "tools", .json = R"([{"type":"x"}])"}}};
    targets[1].target.target = &adding;
    begin(true);
    breaks_after("hello");
    ASSERT_EQ(wire.upstreams.size(), 2U);
    EXPECT_THAT(wire.last().url, HasSubstr("c.test"));
}

TEST_F(ContinuedAttempts, AnEndThatTheClientSetIsOne) {
    call.limits.idle = 1s;
    begin(true);
    streams();
    wire.last().event(k_hello);
    pass(1'100ms);
    EXPECT_EQ(wire.upstreams.size(), 1U);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(end().result.error().kind, ErrorKind::timeout);
}

TEST_F(ContinuedAttempts, SilenceThatTheHostEndsGoesOn) {
    begin(true);
    streams();
    wire.last().event(k_hello);
    pass(3'100ms);
    EXPECT_EQ(wire.upstreams.size(), 2U);
    EXPECT_TRUE(client.ends.empty());
}

TEST_F(ContinuedAttempts, OneThatBreaksOffTwiceGoesOnWithAllThatWasSaid) {
    begin(true);
    breaks_after("one");
    breaks_after(" two\\n");
    ASSERT_EQ(wire.upstreams.size(), 3U);
    EXPECT_THAT(wire.last().url, HasSubstr("c.test"));
    EXPECT_THAT(wire.last().body, HasSubstr(R"("content":"one two\n","partial":true)"));
    streams();
    wire.last().event(said(" three"));
    ends_well();
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_TRUE(end().result);
    ASSERT_EQ(end().failures.size(), 2U);
    EXPECT_TRUE(end().failures[1].continued);
}

TEST_F(ContinuedAttempts, ATargetThatRefusesTheRestIsFollowedByTheNext) {
    begin(true);
    breaks_after("hello");
    wire.last().head(400, "application/json");
    wire.last().says(k_wrong);
    wire.last().ends();
    ASSERT_EQ(wire.upstreams.size(), 3U);
    EXPECT_THAT(wire.last().body, HasSubstr(R"("content":"hello","partial":true)"));
    wire.last().head(400, "application/json");
    wire.last().says(k_wrong);
    wire.last().ends();
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(end().result.error().kind, ErrorKind::protocol)
        << "that it broke off says more than that nobody could go on";
    EXPECT_FALSE(end().continued);
}

TEST_F(ContinuedAttempts, NothingGoesOnAfterTheLastWord) {
    targets.erase(targets.begin());
    begin(true);
    breaks_after("hello");
    ASSERT_EQ(wire.upstreams.size(), 2U);
    streams();
    wire.last().event(k_stop);
    wire.last().fails(FailureKind::cut);
    EXPECT_EQ(wire.upstreams.size(), 2U);
    ASSERT_EQ(client.ends.size(), 1U);
}

TEST_F(ContinuedAttempts, TheClientIsToldTheUsageOfBoth) {
    begin(true, k_asking);
    streams();
    wire.last().event(
        R"({"id":"c","choices":[{"index":0,"delta":{"content":"hello"},"finish_reason":null}],)"
        R"("usage":{"prompt_tokens":21,"completion_tokens":3}})");
    wire.last().fails(FailureKind::cut);
    ASSERT_EQ(wire.upstreams.size(), 2U);
    streams();
    wire.last().event(said(" world"));
    wire.last().event(k_stop);
    wire.last().event(
        R"({"id":"d","choices":[],"usage":{"prompt_tokens":25,"completion_tokens":4}})");
    wire.last().event("[DONE]");
    wire.last().ends();
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(end().failures.at(0).usage.output_tokens, 3);
    EXPECT_EQ(end().usage.input_tokens, 25) << "the budget counts each prompt";
    EXPECT_EQ(end().usage.output_tokens, 4);
    EXPECT_THAT(
        client.chunks.back(),
        HasSubstr(R"("usage":{"prompt_tokens":21,"completion_tokens":7,"total_tokens":28})"));
    int usages = 0;
    for (const std::string& chunk : client.chunks) {
        usages += chunk.find(R"("choices":[])") != std::string::npos ? 1 : 0;
    }
    EXPECT_EQ(usages, 1);
}

TEST_F(ContinuedAttempts, TheRestIsHeldForWithItsLongerPrompt) {
    std::vector<Prospect> asked;
    std::vector<Leeway::OnHeld> answers;
    leeway.hold_more = [&](const Prospect& next, Leeway::OnHeld then) {
        asked.push_back(next);
        answers.push_back(std::move(then));
    };
    begin(true, R"(,"max_tokens":500)");
    const std::string long_text(1'000, 'x');
    breaks_after(long_text);
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(wire.upstreams.size(), 1U) << "not before it is held for";
    const Estimate whole = reckoner.bound(targets[1].target).held;
    EXPECT_GT(asked[0].estimate.input, whole.input + 200);
    EXPECT_EQ(asked[0].estimate.output, 250) << "what was said is taken off the client's limit";
    answers[0](std::unexpected(Error{.kind = ErrorKind::budget}));
    ASSERT_EQ(asked.size(), 2U) << "there may be room for another one";
    EXPECT_EQ(asked[1].provider, "c");
    for (std::size_t i = 1; i < asked.size(); ++i) {
        answers[i](std::unexpected(Error{.kind = ErrorKind::budget}));
    }
    EXPECT_EQ(wire.upstreams.size(), 1U);
    ASSERT_EQ(client.ends.size(), 1U);
    EXPECT_EQ(end().result.error().kind, ErrorKind::protocol);
    EXPECT_TRUE(end().failures.empty());
}

TEST_F(ContinuedAttempts, NothingGoesOnForNobody) {
    begin(true);
    attempts->leave_off();
    breaks_after("hello");
    EXPECT_EQ(wire.upstreams.size(), 1U);
}

class RepeatedlyContinued : public ContinuedAttempts {
  protected:
    RepeatedlyContinued() : ContinuedAttempts({.percent = 0, .per_second = 10}) {}
};

TEST_F(RepeatedlyContinued, TheSameTargetMayGoOnAfterAPause) {
    targets = {targets[1]};
    begin(true);
    breaks_after("hello");
    EXPECT_EQ(wire.upstreams.size(), 1U);
    for (int i = 0; i < 300 && wire.upstreams.size() == 1; ++i) pass(10ms);
    ASSERT_EQ(wire.upstreams.size(), 2U);
    EXPECT_THAT(wire.last().body, HasSubstr(R"("content":"hello","partial":true)"));
    EXPECT_THAT(wire.upstreams.front()->body, Not(HasSubstr("partial")));
}

}  // namespace
}  // namespace bellwether::policy
