// What becomes of a chunk, and what follows a failure.
#include "policy/attempts/next_step.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace bellwether::policy {
namespace {

constexpr std::size_t k_much = 64u << 10;

TEST(ChunkStep, IsHeldBackUntilContentComes) {
    EXPECT_EQ(step_of_chunk(Commitment::none, false, 1), ChunkStep::hold_back);
    EXPECT_EQ(step_of_chunk(Commitment::none, true, 1), ChunkStep::commit);
}

TEST(ChunkStep, SoMuchOfNothingIsTakenForContent) {
    EXPECT_EQ(step_of_chunk(Commitment::none, false, k_much), ChunkStep::hold_back);
    EXPECT_EQ(step_of_chunk(Commitment::none, false, k_much + 1), ChunkStep::commit);
}

TEST(ChunkStep, AfterContentEverythingIsRelayed) {
    for (const auto commitment : {Commitment::committed, Commitment::continuable}) {
        for (const bool content : {false, true}) {
            EXPECT_EQ(step_of_chunk(commitment, content, 1), ChunkStep::relay);
            EXPECT_EQ(step_of_chunk(commitment, content, k_much + 1), ChunkStep::relay);
        }
    }
}

using namespace std::chrono_literals;

FailedTry failed_with(std::string_view code = "") {
    return {.code = code, .attempts = 1, .attempts_max = 5, .left = 10s};
}

constexpr NextTry k_fresh{.target = 1};
constexpr NextTry k_again{.target = 0, .repeats = true, .wait = 2s};

TEST(NextStep, AnotherTargetIsTriedAtOnceRatherThanTheSameOneLater) {
    EXPECT_EQ(step_after_failure(failed_with(), std::vector{k_again, k_fresh}), NextStep(k_fresh));
    EXPECT_EQ(step_after_failure(failed_with(), std::vector{k_again}), NextStep(k_again));
    EXPECT_EQ(step_after_failure(failed_with(), {}), NextStep(GiveUp::nobody_else));
}

TEST(NextStep, OfTargetsThatCanBeTriedAtOnceOneThatDoesNotFailIsTaken) {
    const NextTry ill{.target = 1, .failing = true};
    const NextTry well{.target = 2};
    const NextTry last{.target = 3};
    EXPECT_EQ(step_after_failure(failed_with(), std::vector{ill, well, last}), NextStep(well));
    EXPECT_EQ(step_after_failure(failed_with(), std::vector{k_again, ill}), NextStep(k_again))
        << "it is worth two seconds";
    NextTry later = k_again;
    later.wait = 2s + 1ns;
    EXPECT_EQ(step_after_failure(failed_with(), std::vector{later, ill}), NextStep(ill));
}

TEST(NextStep, OneWhereTheCallHasNotBeenComesBeforeOneWhosePauseIsOver) {
    const NextTry over{.target = 0, .repeats = true};
    EXPECT_EQ(step_after_failure(failed_with(), std::vector{over, k_fresh}), NextStep(k_fresh));
}

TEST(NextStep, ACredentialThatIsSetAsideIsUsedWhereNoneElseSoonWillDo) {
    const NextTry aside{.target = 0, .last_resort = true};
    EXPECT_EQ(step_after_failure(failed_with(), std::vector{aside, k_fresh}), NextStep(k_fresh));
    EXPECT_EQ(step_after_failure(failed_with(), std::vector{aside, k_again}), NextStep(k_again));
    const NextTry ill{.target = 0, .failing = true, .last_resort = true};
    const NextTry ill_too{.target = 1, .failing = true};
    EXPECT_EQ(step_after_failure(failed_with(), std::vector{ill, ill_too}), NextStep(ill_too));
}

TEST(NextStep, NothingIsTriedAfterContentOrTheClientsDeadline) {
    for (const std::string_view code : {"", "addition_refused"}) {
        FailedTry failed = failed_with(code);
        failed.commitment = Commitment::committed;
        EXPECT_EQ(step_after_failure(failed, std::vector{k_fresh}), NextStep(GiveUp::nobody_else));
        failed = failed_with(code);
        failed.is_late = true;
        EXPECT_EQ(step_after_failure(failed, std::vector{k_fresh}), NextStep(GiveUp::late));
    }
}

TEST(NextStep, AnAnswerThatWasBegunGoesOnOnlyWhereItCanBeTakenUp) {
    constexpr NextTry goes_on{.target = 2, .continues = true};
    FailedTry failed = failed_with();
    failed.commitment = Commitment::continuable;
    EXPECT_EQ(step_after_failure(failed, std::vector{k_fresh, goes_on}), NextStep(goes_on));
    EXPECT_EQ(step_after_failure(failed, std::vector{k_fresh}), NextStep(GiveUp::nobody_else));
    failed.attempts = 5;
    EXPECT_EQ(step_after_failure(failed, std::vector{goes_on}), NextStep(GiveUp::attempts_spent));
    failed = failed_with("addition_refused");
    failed.commitment = Commitment::continuable;
    EXPECT_EQ(step_after_failure(failed, std::vector{k_fresh}), NextStep(GiveUp::nobody_else))
        << "the whole answer is not asked for again";
}

TEST(NextStep, WhatTheClientDidNotSendIsLeftOutOnce) {
    FailedTry failed = failed_with("addition_refused");
    EXPECT_EQ(step_after_failure(failed, {}), NextStep(AskAgain{}));
    EXPECT_EQ(step_after_failure(failed, std::vector{k_fresh}), NextStep(AskAgain{}));
    failed.asked_again = true;
    EXPECT_EQ(step_after_failure(failed, {}), NextStep(GiveUp::nobody_else));
    EXPECT_EQ(step_after_failure(failed, std::vector{k_fresh}), NextStep(k_fresh));
}

TEST(NextStep, ACallIsTriedAsOftenAsItMayBeOverAllTargets) {
    FailedTry failed = failed_with();
    failed.attempts = 5;
    EXPECT_EQ(step_after_failure(failed, std::vector{k_fresh, k_again}),
              NextStep(GiveUp::attempts_spent));
    failed.attempts = 4;
    EXPECT_EQ(step_after_failure(failed, std::vector{k_fresh}), NextStep(k_fresh));
    failed.attempts = failed.attempts_max = 1;
    EXPECT_EQ(step_after_failure(failed, std::vector{k_again, k_fresh}),
              NextStep(GiveUp::nobody_else))
        << "repeating is left to the client";
}

TEST(NextStep, AnotherCredentialMayBeTriedHoweverManyWereRefused) {
    FailedTry failed = failed_with();
    failed.attempts = failed.attempts_max = 1;
    const NextTry other_key{.target = 1, .other_key = true};
    EXPECT_EQ(step_after_failure(failed, std::vector{other_key}), NextStep(other_key));
}

TEST(NextStep, NoTryBeginsAfterTheTimeThatIsLeft) {
    FailedTry failed = failed_with();
    failed.left = 2s;
    EXPECT_EQ(step_after_failure(failed, std::vector{k_again}), NextStep(GiveUp::no_time));
    failed.left = 2s + 1ns;
    EXPECT_EQ(step_after_failure(failed, std::vector{k_again}), NextStep(k_again));
}

TEST(NextStep, ASpentRetryBudgetKeepsNobodyFromATargetThatIsWell) {
    FailedTry failed = failed_with();
    failed.repeats = Repeats::spent;
    const NextTry ill{.target = 2, .failing = true};
    EXPECT_EQ(step_after_failure(failed, std::vector{k_again, ill}),
              NextStep(GiveUp::budget_spent));
    EXPECT_EQ(step_after_failure(failed, std::vector{k_again, ill, k_fresh}), NextStep(k_fresh));
    const NextTry full{.target = 1, .wait = 1s};
    EXPECT_EQ(step_after_failure(failed, std::vector{full}), NextStep(GiveUp::budget_spent))
        << "calls that wait for room would all come at once";
}

TEST(NextStep, WithoutRepetitionsNobodyWaits) {
    FailedTry failed = failed_with();
    failed.repeats = Repeats::off;
    const NextTry full{.target = 1, .wait = 1s};
    EXPECT_EQ(step_after_failure(failed, std::vector{k_again, full}),
              NextStep(GiveUp::nobody_else));
    EXPECT_EQ(step_after_failure(failed, std::vector{k_again, k_fresh}), NextStep(k_fresh));
}

TEST(ErrorKinds, SayWhetherAnotherTargetOrTheSameOneLaterMaySucceed) {
    for (const ErrorKind kind :
         {ErrorKind::invalid, ErrorKind::content_filter, ErrorKind::budget, ErrorKind::cancelled}) {
        EXPECT_FALSE(may_fall_back(kind));
        EXPECT_FALSE(may_pass({.kind = kind}));
    }
    for (const ErrorKind kind : {ErrorKind::auth, ErrorKind::quota, ErrorKind::not_found,
                                 ErrorKind::unsupported, ErrorKind::context_length}) {
        EXPECT_TRUE(may_fall_back(kind));
        EXPECT_FALSE(may_pass({.kind = kind}));
    }
    for (const ErrorKind kind : {ErrorKind::rate, ErrorKind::timeout, ErrorKind::protocol,
                                 ErrorKind::upstream, ErrorKind::unreachable}) {
        EXPECT_TRUE(may_fall_back(kind));
        EXPECT_TRUE(may_pass({.kind = kind}));
    }
    EXPECT_FALSE(may_pass({.kind = ErrorKind::unreachable, .code = "upstream_tls_error"}));
    for (const int status : {405, 409, 415}) {
        EXPECT_FALSE(may_pass({.kind = ErrorKind::upstream, .http_status = status}));
    }
    for (const int status : {0, 408, 425, 500, 503, 529}) {
        EXPECT_TRUE(may_pass({.kind = ErrorKind::upstream, .http_status = status}));
    }
}

}  // namespace
}  // namespace bellwether::policy
