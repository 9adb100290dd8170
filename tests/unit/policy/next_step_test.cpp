// What becomes of a chunk, and what follows a failure.
#include "policy/attempts/next_step.hpp"

#include <gtest/gtest.h>

namespace bw::policy {
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
    for (const bool content : {false, true}) {
        EXPECT_EQ(step_of_chunk(Commitment::committed, content, 1), ChunkStep::relay);
        EXPECT_EQ(step_of_chunk(Commitment::committed, content, k_much + 1), ChunkStep::relay);
    }
}

NextStep after(const FailedTry& failed, ErrorKind kind = ErrorKind::unreachable,
               std::string_view code = "") {
    return step_after_failure(failed, kind, code);
}

TEST(NextStep, TheNextTargetIsTriedIfThereIsOne) {
    EXPECT_EQ(after({.another_target = true}), NextStep::next_target);
    EXPECT_EQ(after({.another_target = false}), NextStep::give_up);
}

TEST(NextStep, NothingIsTriedAfterContentOrTheClientsDeadline) {
    for (const std::string_view code : {"", "addition_refused"}) {
        EXPECT_EQ(after({.commitment = Commitment::committed, .another_target = true},
                        ErrorKind::unreachable, code),
                  NextStep::give_up);
        EXPECT_EQ(after({.is_late = true, .another_target = true}, ErrorKind::unreachable, code),
                  NextStep::give_up);
    }
}

TEST(NextStep, WhatTheClientDidNotSendIsLeftOutOnce) {
    constexpr std::string_view k_refused = "addition_refused";
    for (const bool another : {false, true}) {
        EXPECT_EQ(after({.another_target = another}, ErrorKind::invalid, k_refused),
                  NextStep::same_target_again);
    }
    EXPECT_EQ(after({.asked_again = true, .another_target = true}, ErrorKind::invalid, k_refused),
              NextStep::give_up);
    EXPECT_EQ(after({.asked_again = true, .another_target = true}, ErrorKind::upstream, k_refused),
              NextStep::next_target);
}

TEST(NextStep, WhatEveryProviderWouldRefuseIsTriedAtNoOther) {
    for (const ErrorKind kind :
         {ErrorKind::invalid, ErrorKind::content_filter, ErrorKind::budget, ErrorKind::cancelled}) {
        EXPECT_EQ(after({.another_target = true}, kind), NextStep::give_up);
    }
    for (const ErrorKind kind : {ErrorKind::rate, ErrorKind::timeout, ErrorKind::protocol,
                                 ErrorKind::unsupported, ErrorKind::unavailable}) {
        EXPECT_EQ(after({.another_target = true}, kind), NextStep::next_target);
    }
}

}  // namespace
}  // namespace bw::policy
