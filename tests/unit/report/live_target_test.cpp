#include "report/live_target.hpp"

#include <gtest/gtest.h>

namespace bellwether::report {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The clock stands at a known moment.
class LiveTargetTest : public ::testing::Test {
  protected:
    LiveTargetTest() {
        time.wall = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2);
        Clock::give(&time);
    }
    ~LiveTargetTest() override { Clock::give(nullptr); }

    void wait(seconds some) {
        time.now += some;
        time.wall += some;
    }
    std::string json() const {
        json::PrettyWriter writer;
        writer.begin_object();
        write_fields(writer, live_target(states, 0));
        return writer.end_object().text();
    }

    Clock::Simulated time;
    const config::Health health{.failures = 2, .first = seconds(10)};
    route::TargetStates states{health, 1};
};

TEST_F(LiveTargetTest, InService) {
    EXPECT_EQ(json(), R"({
    "service": "in",
    "out_since": null,
    "out_until": null,
    "times_out": 0,
    "first_content_ms": null,
    "plain_answer_ms": null,
    "calls_in_flight": 0
})");
}

TEST_F(LiveTargetTest, OutOfService) {
    states.content_after(0, route::AnswerForm::stream, std::chrono::microseconds(12'345));
    for (int i = 0; i < 3; ++i) states.began(0);
    for (int i = 0; i < 2; ++i) states.ended(0, route::TryEnd::failed, Clock::now(), Clock::now());
    wait(seconds(4));
    EXPECT_EQ(json(), R"({
    "service": "out",
    "out_since": "2026-03-02T00:00:00Z",
    "out_until": "2026-03-02T00:00:10Z",
    "times_out": 1,
    "first_content_ms": 12.345,
    "plain_answer_ms": null,
    "calls_in_flight": 1
})");
    wait(seconds(6));
    EXPECT_NE(json().find(R"("service": "trial_due")"), std::string::npos);
}

std::string said(const route::TargetStates::Change& change, const std::string& model = "qwen-max") {
    config::Config config;
    config.providers.resize(2);
    config.providers[1].name = "sheep";
    return change_text(config, {.provider = 1, .model = model, .route = model.empty() ? "q*" : ""},
                       change);
}

TEST(ChangeText, SaysWhichTargetAndWhy) {
    EXPECT_EQ(said({.out = true, .for_ = seconds(10), .failures_in_row = 5}),
              "provider sheep, model qwen-max: out of service for 10s, after 5 failures in a row");
    EXPECT_EQ(
        said({.out = true, .for_ = seconds(80), .failures_in_row = 1, .error_percent = 62}),
        "provider sheep, model qwen-max: out of service for 80s, after 1 failure in a row; of "
        "the tries of the last 30s, 62 % failed");
    EXPECT_EQ(said({.out = false, .for_ = milliseconds(12'345)}),
              "provider sheep, model qwen-max: back in service after 13s");
    EXPECT_EQ(said({.out = false, .for_ = seconds(0)}),
              "provider sheep, model qwen-max: back in service after 0s");
    EXPECT_EQ(said({.out = false, .for_ = seconds(60)}, ""),
              "provider sheep, at the route \"q*\": back in service after 1m");
}

}  // namespace
}  // namespace bellwether::report
