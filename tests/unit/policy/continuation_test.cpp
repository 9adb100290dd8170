// What is kept of an answer that may go on elsewhere, and what becomes of the chunks of its rest.
#include "policy/attempts/continuation.hpp"

#include <gmock/gmock.h>

#include "json/request.hpp"
#include "policy/attempts/try.hpp"

namespace bellwether::policy {
namespace {

using testing::HasSubstr;

Call asking(const std::string& more = "") {
    Call call;
    call.body =
        R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}])" + more + "}";
    EXPECT_TRUE(json::read_request(call));
    return call;
}

std::string chunk(const std::string& delta, const std::string& more = "") {
    return R"({"id":"c","choices":[{"index":0,"delta":)" + delta + more + "}]}";
}

TEST(BreaksOff, IsWhatAnUpstreamOrItsConnectionFailedWith) {
    for (const ErrorKind kind :
         {ErrorKind::protocol, ErrorKind::upstream, ErrorKind::unreachable, ErrorKind::timeout,
          ErrorKind::rate, ErrorKind::quota, ErrorKind::auth, ErrorKind::internal}) {
        EXPECT_TRUE(breaks_off({.kind = kind}));
        EXPECT_FALSE(breaks_off({.kind = kind, .by_client = true}));
    }
    for (const ErrorKind kind :
         {ErrorKind::cancelled, ErrorKind::content_filter, ErrorKind::budget, ErrorKind::invalid,
          ErrorKind::context_length, ErrorKind::unavailable}) {
        EXPECT_FALSE(breaks_off({.kind = kind}));
    }
    EXPECT_FALSE(
        breaks_off({.kind = ErrorKind::protocol, .code = std::string(k_answer_past_limit)}));
}

TEST(Continuation, IsPossibleOnceThereIsTextAndNothingElse) {
    const Call call = asking();
    Continuation answer(call);
    EXPECT_FALSE(answer.is_possible());
    answer.relayed(chunk(R"({"role":"assistant","content":"","refusal":null,"tool_calls":[]})"));
    EXPECT_FALSE(answer.is_possible());
    answer.relayed(chunk(R"({"content":"a\n"})"));
    answer.relayed(chunk(R"({"content":"\u0e01"})", R"(,"finish_reason":"")"));
    answer.relayed(R"({"id":"c","choices":[],"usage":{}})");
    EXPECT_TRUE(answer.is_possible());
    EXPECT_THAT(answer.rest("prefix").body, HasSubstr(R"("content":"a\n\u0e01","prefix":true)"));
}

TEST(Continuation, AnythingElseEndsIt) {
    for (const std::string& other :
         {chunk(R"({"tool_calls":[{"index":0}]})"), chunk(R"({"reasoning":"hm"})"),
          chunk(R"({"refusal":"no"})"), chunk(R"({"content":[{"type":"text"}]})"),
          chunk("{}", R"(,"finish_reason":"stop")"), chunk("null"),
          chunk(R"({"content":"half of a letter: \ud83d"})"),
          std::string(R"({"choices":[{"index":1,"delta":{"content":"x"}}]})"),
          std::string(R"({"choices":[{"index":0,"text":"x"}]})")}) {
        const Call call = asking();
        Continuation answer(call);
        answer.relayed(chunk(R"({"content":"hello"})"));
        EXPECT_TRUE(answer.is_possible());
        answer.relayed(other);
        EXPECT_FALSE(answer.is_possible()) << other;
        answer.relayed(chunk(R"({"content":"more"})"));
        EXPECT_FALSE(answer.is_possible()) << other;
    }
}

TEST(Continuation, NoMoreThanAMebibyteIsKept) {
    const Call call = asking();
    Continuation answer(call);
    const std::string piece = chunk(R"({"content":")" + std::string(1u << 19, 'x') + R"("})");
    answer.relayed(piece);
    answer.relayed(piece);
    EXPECT_TRUE(answer.is_possible());
    answer.relayed(chunk(R"({"content":"x"})"));
    EXPECT_FALSE(answer.is_possible());
}

TEST(Continuation, AChunkOfTheRestIsOneOfTheAnswer) {
    const Call call = asking();
    Continuation answer(call);
    answer.relayed(chunk(R"({"role":"assistant","content":"hello"})"));
    EXPECT_EQ(answer.as_rest(R"({"id":"d","choices":[{"delta":{"role":"assistant"}}]})"), "");
    EXPECT_EQ(answer.as_rest(R"({"id":"d","choices":[],"usage":{}})"), "");
    EXPECT_EQ(answer.as_rest(
                  R"({ "id":"d","choices":[{"delta":{"content":"x","role":"assistant"} }],"m":1})"),
              R"({ "id":"c","choices":[{"delta":{"content":"x"} }],"m":1})");
    EXPECT_EQ(answer.as_rest(R"({"choices":[{"delta":{"content":"x"}}],"id":"d"})"),
              R"({"choices":[{"delta":{"content":"x"}}],"id":"c"})");
}

TEST(Continuation, TheUsageIsOfTheFirstPromptAndOfAllThatWasSaid) {
    const Call call = asking(R"(,"stream_options":{"include_usage":true})");
    Continuation answer(call);
    answer.relayed(chunk(R"({"content":"hello"})"));
    answer.broke_off({.usage = {.input_tokens = 20, .output_tokens = 5}});
    answer.broke_off({.usage = {.input_tokens = 26, .output_tokens = 7}});
    const Usage last{.input_tokens = 31, .output_tokens = 9};
    EXPECT_THAT(answer.usage_chunk(last, std::nullopt),
                HasSubstr(R"({"prompt_tokens":20,"completion_tokens":21,"total_tokens":41})"));
    EXPECT_THAT(answer.usage_chunk({.input_tokens = 15, .output_tokens = 9}, std::nullopt),
                HasSubstr(R"("prompt_tokens":15)"))
        << "the first figure was the host's, and too high";
    const Call silent = asking();
    EXPECT_EQ(Continuation(silent).usage_chunk(last, std::nullopt), "");
}

}  // namespace
}  // namespace bellwether::policy
