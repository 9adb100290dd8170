// Each kind of error as the official SDKs need it: status, envelope, retry headers.
#include "front/error_reply.hpp"

#include <gtest/gtest.h>

namespace bellwether::front {
namespace {

using namespace std::chrono_literals;

ErrorReply reply_to(ErrorKind kind, int upstream = 0, std::string code = {}) {
    return error_reply(
        Error{.kind = kind, .message = "m", .code = std::move(code), .http_status = upstream});
}

TEST(ErrorReply, HasOpenAisEnvelope) {
    EXPECT_EQ(
        error_reply(Error{.kind = ErrorKind::invalid, .message = "say \"hi\"", .param = "n"}).body,
        R"({"error":{"message":"say \"hi\"","type":"invalid_request_error","param":"n","code":null}})");
}

TEST(ErrorReply, StatusTellsTheSdkItsExceptionClass) {
    EXPECT_EQ(reply_to(ErrorKind::invalid).status, 400);
    EXPECT_EQ(reply_to(ErrorKind::invalid, 422).status, 422);
    EXPECT_EQ(reply_to(ErrorKind::auth, 401).status, 401);
    EXPECT_EQ(reply_to(ErrorKind::auth, 403).status, 403);
    EXPECT_EQ(reply_to(ErrorKind::auth, 400).status, 401);
    EXPECT_EQ(reply_to(ErrorKind::not_found, 400).status, 404);
    EXPECT_EQ(reply_to(ErrorKind::rate, 503).status, 429);
    EXPECT_EQ(reply_to(ErrorKind::upstream, 500).status, 500);
    EXPECT_EQ(reply_to(ErrorKind::upstream, 529).status, 529);
    EXPECT_EQ(reply_to(ErrorKind::upstream, 200).status, 502);
    EXPECT_EQ(reply_to(ErrorKind::timeout).status, 504);
    EXPECT_EQ(reply_to(ErrorKind::unreachable).status, 502);
    EXPECT_EQ(reply_to(ErrorKind::unavailable).status, 503);
}

TEST(ErrorReply, BillingIsNeverRetried) {
    const ErrorReply reply = reply_to(ErrorKind::quota, 402, "Arrearage");
    EXPECT_EQ(reply.status, 429);
    EXPECT_EQ(reply.code, "insufficient_quota");
    EXPECT_EQ(reply.headers, "x-should-retry: false\r\n");
}

TEST(ErrorReply, TheUpstreamsHintIsPassedOnInBothUnits) {
    EXPECT_EQ(error_reply(Error{.kind = ErrorKind::rate, .retry_after = 1500ms}).headers,
              "retry-after: 2\r\nretry-after-ms: 1500\r\n");
}

TEST(ErrorReply, TheUpstreamsCodeIsKeptWhereProgramsDoNotTestForOpenAis) {
    EXPECT_EQ(reply_to(ErrorKind::rate, 429, "limit_requests").code, "limit_requests");
    EXPECT_EQ(reply_to(ErrorKind::rate, 429).code, "rate_limit_exceeded");
    EXPECT_EQ(reply_to(ErrorKind::context_length, 400, "invalid_parameter_error").code,
              "context_length_exceeded");
}

TEST(ErrorReply, IsAnthropicsForItsClients) {
    const auto told = [](int status, std::string raw = {}) {
        ErrorReply reply = error_reply(status, "t", "c", "no \"key\"");
        reply.raw = std::move(raw);
        return in_dialect(Dialect::anthropic, reply).body;
    };
    EXPECT_EQ(told(401),
              R"({"type":"error","error":{"type":"authentication_error","message":"no \"key\""}})");
    EXPECT_NE(told(429).find("rate_limit_error"), std::string::npos);
    EXPECT_NE(told(502).find("api_error"), std::string::npos);
    EXPECT_EQ(told(529, R"({"type":"error","error":{"type":"overloaded_error"}})"),
              R"({"type":"error","error":{"type":"overloaded_error"}})")
        << "the upstream's own words";
    for (const char* odd : {"{", "<html>", R"({"error":1})", R"({"type":"error")"}) {
        EXPECT_EQ(told(400, odd), told(400)) << odd;
    }
    const ErrorReply plain = error_reply(404, "t", "c", "m");
    EXPECT_EQ(in_dialect(Dialect::openai, plain).body, plain.body);
}

}  // namespace
}  // namespace bellwether::front
