// One record of a call in; the line of the access log, the row of the ledger and the metrics out.
#include "policy/record/call_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const config::Price k_price{.input = 1'000'000, .output = 2'000'000};
constexpr CallRecord::Time k_start{1h};
constexpr std::chrono::system_clock::time_point k_now =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);

Call a_call() {
    return {.id = "req_1",
            .operation = Operation::chat,
            .body = "{12345678}",
            .model = "qwen-max",
            .stream = true,
            .user = "u",
            .started = k_start,
            .key = "k",
            .team = "t"};
}

CallEnd served() {
    return {.result = {},
            .usage = {.input_tokens = 11,
                      .output_tokens = 22,
                      .cached_input_tokens = 3,
                      .source = UsageSource::provider},
            .provider = "beta",
            .model = "qwen-max-2",
            .upstream_id = "up-7",
            .attempts = 2,
            .waited = 1ms,
            .failures = {{.provider = "alpha",
                          .model = "qwen-max-1",
                          .kind = ErrorKind::timeout,
                          .code = "timeout",
                          .usage = {.input_tokens = 100, .source = UsageSource::estimate},
                          .price = &k_price}},
            .cost_micro_usd = 55,
            .price = &k_price};
}

class CallRecordTest : public testing::Test {
  protected:
    CallRecord record() const {
        return {.call = call,
                .outcome = outcome,
                .client = "127.0.0.1:5",
                .route = "qwen-*",
                .status = status,
                .error_code = code,
                .ended = k_start + 1500us,
                .first_byte = first_byte,
                .bytes_out = 2000};
    }
    std::string line() const {
        std::string text;
        observe::append_text(text, access_record(record(), k_now));
        return text;
    }
    ledger::UsageRow row() const { return usage_row(record(), 10'000'000); }
    std::string metrics() const {
        observe::Metrics metrics({.routes = {"", {"qwen-*"}},
                                  .providers = {"", {"alpha", "beta"}},
                                  .models = {"other", {"qwen-max"}}},
                                 1);
        count(record(), metrics.worker(0));
        observe::PrometheusText text;
        metrics.write(text);
        return text.take();
    }
    void fails(ErrorKind kind, std::string error, int as) {
        outcome.result = fail(kind, "why", error);
        code = std::move(error);
        status = as;
    }

    Call call = a_call();
    CallEnd outcome = served();
    int status = 200;
    std::string code;
    CallRecord::Time first_byte = k_start + 700us;
};

TEST_F(CallRecordTest, MakesTheLineOfTheAccessLog) {
    EXPECT_EQ(line(),
              "2026-11-24T00:00:00.000Z access POST /v1/chat/completions 200 ok 1500us id=req_1 "
              "client=127.0.0.1:5 key=k team=t route=qwen-* model=qwen-max provider=beta "
              "upstream_model=qwen-max-2 upstream_id=up-7 attempts=2 "
              "tried=\"alpha/qwen-max-1;error=timeout;ms=0\" stream=yes bytes_in=10 "
              "bytes_out=2000 first_byte_us=700 upstream_us=1000 overhead_us=500 input_tokens=11 "
              "output_tokens=22 cached_input_tokens=3 usage_source=provider cost_micro_usd=55\n");
}

TEST(RefusalRecordTest, MakesTheLineOfTheAccessLog) {
    const config::Key key{.id = "k", .team = "t"};
    RefusalRecord record{.request_id = "req_1",
                         .client = "127.0.0.1:5",
                         .caller = &key,
                         .method = "GET",
                         .path = "/v1/nothing",
                         .status = 404,
                         .error_code = "not_found"};
    std::string text;
    observe::append_text(text, access_record(record, k_now));
    EXPECT_THAT(text, HasSubstr("GET /v1/nothing 404 error"));
    EXPECT_THAT(text, HasSubstr("key=k team=t"));
    EXPECT_THAT(text, HasSubstr("not_found"));
    record.caller = nullptr;
    text.clear();
    observe::append_text(text, access_record(record, k_now));
    EXPECT_THAT(text, Not(HasSubstr("key=")));
}

TEST_F(CallRecordTest, MakesTheRowOfTheLedger) {
    outcome.failures.clear();
    const ledger::UsageRow made = row();
    EXPECT_EQ(made.time_us, 10'000'000 - 1500) << "when the call began";
    EXPECT_EQ(made.request_id, "req_1");
    EXPECT_EQ(made.key, "k");
    EXPECT_EQ(made.user, "u");
    EXPECT_EQ(made.team, "t");
    EXPECT_EQ(made.route, "qwen-*");
    EXPECT_EQ(made.model, "qwen-max");
    EXPECT_EQ(made.provider, "beta");
    EXPECT_EQ(made.upstream_model, "qwen-max-2");
    EXPECT_EQ(made.usage.input_tokens, 11);
    EXPECT_EQ(made.usage.output_tokens, 22);
    EXPECT_EQ(made.usage.source, UsageSource::provider);
    EXPECT_EQ(made.cost_micro_usd, 55);
    EXPECT_EQ(made.duration_us, 1500);
    EXPECT_EQ(made.first_token_us, 700);
    EXPECT_EQ(made.status, 200);
    EXPECT_EQ(made.error, "");
}

TEST_F(CallRecordTest, TheRowHasWhatAttemptsInVainTookAndTheLineHasNot) {
    EXPECT_EQ(row().usage.input_tokens, 111);
    EXPECT_EQ(row().usage.source, UsageSource::estimate);
    EXPECT_THAT(line(), HasSubstr(" input_tokens=11 "));
    EXPECT_THAT(line(), HasSubstr("usage_source=provider"));
    EXPECT_THAT(metrics(), HasSubstr("type=\"input\",usage_source=\"provider\"} 11\n"));
}

TEST_F(CallRecordTest, CountsTheCallAndItsAttempts) {
    const std::string text = metrics();
    EXPECT_THAT(text, HasSubstr("bellwether_requests_total{route=\"qwen-*\",provider=\"beta\","
                                "model=\"qwen-max\",code=\"200\",error_type=\"\"} 1\n"));
    EXPECT_THAT(
        text,
        HasSubstr("bellwether_upstream_attempts_total{provider=\"alpha\",result=\"timeout\"} 1\n"));
    EXPECT_THAT(
        text, HasSubstr("bellwether_upstream_attempts_total{provider=\"beta\",result=\"ok\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("bellwether_fallbacks_total{provider=\"alpha\"} 1\n"));
}

TEST_F(CallRecordTest, CountsWhoWentOnWithABrokenStream) {
    const auto continued = [this](const char* provider) {
        return HasSubstr("bellwether_continued_streams_total{provider=\"" + std::string(provider) +
                         "\"} 1\n");
    };
    EXPECT_THAT(metrics(), Not(continued("beta")));
    outcome.continued = true;
    EXPECT_THAT(metrics(), continued("beta"));
    EXPECT_THAT(metrics(), Not(continued("alpha")));
    outcome.failures.at(0).continued = true;
    EXPECT_THAT(metrics(), continued("alpha"));
}

TEST_F(CallRecordTest, AllOfThemTellTheSameErrorAndStatus) {
    fails(ErrorKind::unreachable, "upstream_unreachable", 502);
    EXPECT_THAT(line(), HasSubstr(" 502 error 1500us "));
    EXPECT_THAT(line(), HasSubstr("error=upstream_unreachable "));
    EXPECT_EQ(row().status, 502);
    EXPECT_EQ(row().error, "upstream_unreachable");
    EXPECT_THAT(metrics(), HasSubstr("code=\"502\",error_type=\"upstream_unreachable\"} 1\n"));
}

TEST_F(CallRecordTest, AClientThatHungUpIsNoError) {
    fails(ErrorKind::cancelled, "client_closed", 499);
    EXPECT_THAT(line(), HasSubstr(" 499 cancelled 1500us "));
    EXPECT_EQ(row().status, 499);
    EXPECT_THAT(metrics(), HasSubstr("code=\"499\",error_type=\"client_closed\"} 1\n"));
}

TEST_F(CallRecordTest, WhatIsNotKnownIsLeftOut) {
    outcome = {.result = fail(ErrorKind::not_found, "none", "model_not_found")};
    first_byte = {};
    status = 404;
    code = "model_not_found";
    for (const char* name : {"first_byte_us", "provider=", "cost_micro_usd", "input_tokens"}) {
        EXPECT_THAT(line(), Not(HasSubstr(name)));
    }
    EXPECT_EQ(row().first_token_us, -1);
    EXPECT_EQ(row().cost_micro_usd, -1);
    EXPECT_THAT(metrics(), Not(HasSubstr("bellwether_overhead_seconds_count{route=\"qwen-*\","
                                         "provider=\"\",model=\"qwen-max\"} 1")));
}

}  // namespace
}  // namespace bellwether::policy
