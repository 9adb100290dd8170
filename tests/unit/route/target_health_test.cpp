#include "route/target_health.hpp"

#include <gtest/gtest.h>

namespace bellwether::route {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A target whose clock is moved by hand.
class Patient {
  public:
    explicit Patient(config::Health given = in_row()) : rules(given), health(rules) {}

    // Out after three failures in a row; for 10, 20, 40, 45 seconds.
    static config::Health in_row() {
        return {.failures = 3, .error_percent = 0, .first = seconds(10), .longest = seconds(45)};
    }
    static config::Health by_ratio() {
        return {.failures = 0, .error_percent = 50, .calls_min = 20, .window = seconds(30)};
    }

    std::optional<Ejection> fail(int times = 1) {
        for (int i = 1; i < times; ++i) EXPECT_FALSE(health.failed(now)) << i;
        return health.failed(now);
    }
    void fall_out() { ASSERT_TRUE(fail(static_cast<int>(rules.failures))); }
    bool succeed() { return health.succeeded(now, now).has_value(); }
    void wait(milliseconds time) { now += time; }
    Service service() const { return health.service(now); }
    // How long it is still out.
    milliseconds left() const {
        return std::chrono::duration_cast<milliseconds>(health.out_until() - now);
    }

    Clock::time_point now{std::chrono::hours(1)};
    const config::Health rules;
    TargetHealth health;
};

TEST(TargetHealth, IsInServiceUntilSomethingFails) {
    Patient patient;
    EXPECT_EQ(patient.service(), Service::in);
    EXPECT_FALSE(patient.succeed());
    EXPECT_FALSE(patient.health.claim_trial(patient.now));
    EXPECT_EQ(patient.health.times_out(), 0U);
}

TEST(TargetHealth, FailuresInARowTakeItOut) {
    Patient patient;
    const auto ejection = patient.fail(3);
    ASSERT_TRUE(ejection);
    EXPECT_EQ(ejection->time, seconds(10));
    EXPECT_EQ(ejection->failures_in_row, 3U);
    EXPECT_EQ(patient.service(), Service::out);
    EXPECT_EQ(patient.health.out_since(), patient.now);
    EXPECT_EQ(patient.left(), seconds(10));
    EXPECT_EQ(patient.health.times_out(), 1U);
}

TEST(TargetHealth, ASuccessBreaksTheRow) {
    Patient patient;
    for (int i = 0; i < 10; ++i) {
        EXPECT_FALSE(patient.fail(2));
        EXPECT_FALSE(patient.succeed());
    }
    EXPECT_EQ(patient.service(), Service::in);
}

TEST(TargetHealth, TheShareOfFailuresTakesItOut) {
    Patient patient(Patient::by_ratio());
    for (int i = 0; i < 9; ++i) {
        EXPECT_FALSE(patient.fail());
        EXPECT_FALSE(patient.succeed());
    }
    EXPECT_FALSE(patient.succeed());
    const auto ejection = patient.fail();  // the 20th try, the 10th failure
    ASSERT_TRUE(ejection);
    EXPECT_EQ(ejection->error_percent, 50U);
}

TEST(TargetHealth, AShareOfTooFewTriesSaysNothing) {
    Patient patient(Patient::by_ratio());
    EXPECT_FALSE(patient.fail(19));
    EXPECT_TRUE(patient.fail());
}

TEST(TargetHealth, TheShareForgetsWhatIsOlderThanTheWindow) {
    Patient patient(Patient::by_ratio());
    EXPECT_FALSE(patient.fail(19));
    patient.wait(seconds(31));
    EXPECT_FALSE(patient.fail(19));
}

TEST(TargetHealth, WithoutRulesItStaysInService) {
    Patient patient({.failures = 0, .error_percent = 0});
    EXPECT_FALSE(patient.fail(1000));
}

TEST(TargetHealth, OneTrialIsDueOnceItsTimeIsOver) {
    Patient patient;
    patient.fall_out();
    patient.wait(milliseconds(9'999));
    EXPECT_FALSE(patient.health.claim_trial(patient.now));
    patient.wait(milliseconds(1));
    EXPECT_EQ(patient.service(), Service::trial_due);
    EXPECT_TRUE(patient.health.claim_trial(patient.now));
    EXPECT_FALSE(patient.health.claim_trial(patient.now));
    EXPECT_EQ(patient.service(), Service::out);
}

// A trial whose call says nothing of the target, or is never made, costs one more time out.
TEST(TargetHealth, ATrialWithoutAResultIsFollowedByAnother) {
    Patient patient;
    patient.fall_out();
    for (int i = 0; i < 5; ++i) {
        patient.wait(seconds(10));
        EXPECT_TRUE(patient.health.claim_trial(patient.now));
        EXPECT_EQ(patient.left(), seconds(10));
    }
}

TEST(TargetHealth, ATrialThatSucceedsBringsItBack) {
    Patient patient;
    patient.fall_out();
    patient.wait(seconds(12));
    EXPECT_TRUE(patient.health.claim_trial(patient.now));
    EXPECT_EQ(patient.health.succeeded(patient.now, patient.now), seconds(12));
    EXPECT_EQ(patient.service(), Service::in);
    EXPECT_FALSE(patient.fail(2)) << "the row begins anew";
}

TEST(TargetHealth, EachTrialThatFailsDoublesTheTime) {
    Patient patient;
    patient.fall_out();
    const auto since = patient.health.out_since();
    for (const auto time : {seconds(20), seconds(40), seconds(45), seconds(45)}) {
        patient.wait(patient.left());
        EXPECT_TRUE(patient.health.claim_trial(patient.now));
        patient.wait(seconds(1));
        EXPECT_FALSE(patient.fail());
        EXPECT_EQ(patient.left(), time);
    }
    EXPECT_EQ(patient.health.out_since(), since);
    EXPECT_EQ(patient.health.times_out(), 1U) << "it was not back in between";
}

// Where everything is out, calls go on without a claim.
TEST(TargetHealth, AFailureAfterItsTimeDoublesItOnce) {
    Patient patient;
    patient.fall_out();
    patient.wait(seconds(10));
    EXPECT_FALSE(patient.fail(50));
    EXPECT_EQ(patient.left(), seconds(20));
}

// They were under way when the target went out.
TEST(TargetHealth, FailuresWhileItIsOutChangeNothing) {
    Patient patient;
    patient.fall_out();
    patient.wait(seconds(1));
    EXPECT_FALSE(patient.fail(50));
    EXPECT_EQ(patient.left(), seconds(9));
}

TEST(TargetHealth, ASuccessWhileItIsOutBringsItBack) {
    Patient patient;
    patient.fall_out();
    patient.wait(seconds(1));
    EXPECT_TRUE(patient.succeed());
    EXPECT_EQ(patient.service(), Service::in);
}

TEST(TargetHealth, TheFailuresFromBeforeDoNotTakeItOutAgain) {
    Patient patient(Patient::by_ratio());
    EXPECT_TRUE(patient.fail(20));
    patient.wait(seconds(1));
    EXPECT_TRUE(patient.succeed());
    EXPECT_FALSE(patient.fail(18));
}

TEST(TargetHealth, TheNextTimeOutIsLongerAfterAShortTimeInService) {
    Patient patient;
    patient.fall_out();
    for (const auto time : {seconds(20), seconds(40), seconds(45), seconds(45)}) {
        patient.wait(patient.left());
        EXPECT_TRUE(patient.succeed());
        patient.wait(seconds(1));
        patient.fall_out();
        EXPECT_EQ(patient.left(), time);
    }
}

TEST(TargetHealth, TheTimeOutShrinksWithTheTimeInService) {
    struct Row {
        seconds in_service;
        seconds next;
    };
    // It was out for 40 s last: after less than this in service the time doubles, and each such
    // time halves it.
    for (const auto& [in_service, next] : {Row{seconds(39), seconds(45)},
                                           {seconds(40), seconds(40)},
                                           {seconds(80), seconds(20)},
                                           {seconds(120), seconds(10)},
                                           {seconds(9000), seconds(10)}}) {
        Patient patient;
        patient.fall_out();
        for (int i = 0; i < 2; ++i) {
            patient.wait(patient.left());
            patient.fail();
        }
        EXPECT_EQ(patient.left(), seconds(40));
        EXPECT_TRUE(patient.succeed());
        patient.wait(in_service);
        patient.fall_out();
        EXPECT_EQ(patient.left(), next) << in_service.count();
    }
}

// A long answer that began before its upstream failed says nothing of how the upstream does now.
TEST(TargetHealth, ATryFromBeforeTheFailuresDoesNotCountAgainstThem) {
    Patient patient;
    const auto long_ago = patient.now;
    patient.wait(seconds(60));
    patient.fail(2);
    EXPECT_FALSE(patient.health.succeeded(long_ago, patient.now));
    ASSERT_TRUE(patient.fail()) << "the row was not broken";
    EXPECT_FALSE(patient.health.succeeded(long_ago, patient.now));
    EXPECT_EQ(patient.service(), Service::out);
    EXPECT_TRUE(patient.health.succeeded(patient.now, patient.now));
    EXPECT_EQ(patient.service(), Service::in);
}

// ---- probes -------------------------------------------------------------------------------------

TEST(TargetHealth, AProbeThatSucceedsEndsTheTimeOut) {
    Patient patient;
    patient.fall_out();
    patient.wait(seconds(1));
    patient.health.probe_succeeded(patient.now);
    EXPECT_EQ(patient.service(), Service::trial_due) << "a call is to find out";
    EXPECT_TRUE(patient.health.claim_trial(patient.now));
    EXPECT_FALSE(patient.health.claim_trial(patient.now)) << "one call";
    EXPECT_TRUE(patient.succeed());
    EXPECT_EQ(patient.service(), Service::in);
}

TEST(TargetHealth, AProbeSaysNothingOfATargetInService) {
    Patient patient;
    EXPECT_FALSE(patient.fail(2));
    patient.health.probe_succeeded(patient.now);
    EXPECT_TRUE(patient.fail()) << "the third failure of calls in a row";
}

// The list of models comes, but no model answers: the times out still grow.
TEST(TargetHealth, AProbeCallsBackOnceAnOutage) {
    Patient patient;
    patient.fall_out();
    patient.health.probe_succeeded(patient.now);
    EXPECT_TRUE(patient.health.claim_trial(patient.now));
    EXPECT_FALSE(patient.fail());
    EXPECT_EQ(patient.left(), seconds(20));
    patient.wait(seconds(5));
    patient.health.probe_succeeded(patient.now);
    EXPECT_EQ(patient.service(), Service::out);
    EXPECT_EQ(patient.left(), seconds(15));
    EXPECT_FALSE(patient.health.probe_failed(patient.now));
    patient.health.probe_succeeded(patient.now);
    EXPECT_EQ(patient.service(), Service::trial_due) << "something has changed";
    EXPECT_TRUE(patient.succeed());
    patient.fall_out();
    patient.health.probe_succeeded(patient.now);
    EXPECT_EQ(patient.service(), Service::trial_due) << "another outage";
}

TEST(TargetHealth, ProbesThatFailTakeItOutAndKeepItOut) {
    Patient patient;
    EXPECT_FALSE(patient.health.probe_failed(patient.now));
    EXPECT_FALSE(patient.fail());
    EXPECT_TRUE(patient.health.probe_failed(patient.now));
    patient.wait(seconds(10));
    EXPECT_EQ(patient.service(), Service::trial_due);
    EXPECT_FALSE(patient.health.probe_failed(patient.now));
    EXPECT_EQ(patient.service(), Service::out) << "no call had to try it";
    EXPECT_EQ(patient.left(), seconds(20));
}

}  // namespace
}  // namespace bellwether::route
