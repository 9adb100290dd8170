// What an attempt counts: the provider's figures where they make sense, what was seen where they do
// not, and the most that it may have been where nobody knows.
#include "policy/estimate/reckon.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace bellwether::policy {
namespace {

using plugin::Reach;

constexpr Bound k_bound{.held = {.input = 200, .output = 1'000},
                        .believed = {.input = 50'000, .output = 50'000},
                        .input_min = 5};

AnswerSeen heard(std::int64_t input, std::int64_t output, std::int64_t seen, bool last = true) {
    return {.reported = {.input_tokens = input,
                         .output_tokens = output,
                         .source = UsageSource::provider},
            .reported_last = last,
            .seen = seen,
            .text_bytes = 4 * seen,
            .last_word = true};
}

AnswerSeen unreported(std::int64_t seen) { return {.seen = seen, .text_bytes = 4 * seen}; }

Reckoned at(Ending ending, const AnswerSeen& what, Shows shows = Shows::unknown,
            bool thinks = false) {
    return reckon(k_bound, what, ending, shows, thinks);
}

void expect(const Reckoned& got, std::int64_t input, std::int64_t output, UsageSource source) {
    EXPECT_EQ(got.usage.input_tokens, input);
    EXPECT_EQ(got.usage.output_tokens, output);
    EXPECT_EQ(to_string(got.usage.source), to_string(source));
}

TEST(Reckon, TakesWhatAnHonestProviderReports) {
    for (const Ending ending : {Ending::complete, Ending::cut, Ending::client_gone}) {
        const Reckoned got = at(ending, heard(90, 40, 45));
        expect(got, 90, 40, UsageSource::provider);
        EXPECT_EQ(got.doubt, Doubt::none);
    }
    expect(at(Ending::complete, heard(90, 3'000, 10)), 90, 3'000, UsageSource::provider);
}

// Sixteen blanks may be one token.
TEST(Reckon, DoesNotDoubtAFewTokensLessThanItSaw) {
    expect(at(Ending::complete, heard(90, 100, 400)), 90, 100, UsageSource::provider);
}

TEST(Reckon, CountsWhatItSawRatherThanAFigureFromBeforeIt) {
    const Reckoned got = at(Ending::cut, heard(90, 1, 2'000, false), Shows::all);
    expect(got, 90, 2'000, UsageSource::observed);
    EXPECT_EQ(got.doubt, Doubt::too_little);
    expect(at(Ending::complete, heard(90, 1, 2'000)), 90, 2'000, UsageSource::observed);
}

TEST(Reckon, ZeroIsNoFigureForAPromptOrForWhatWasSeen) {
    expect(at(Ending::complete, heard(0, 40, 45)), 200, 40, UsageSource::estimate);
    expect(at(Ending::complete, heard(90, 0, 45)), 90, 45, UsageSource::observed);
    expect(at(Ending::complete, heard(90, 0, 0, true)), 90, 0, UsageSource::provider);
}

TEST(Reckon, BelievesNoMoreThanTheCallCanComeTo) {
    const std::int64_t absurd = 900'000'000'000;
    const Reckoned got = at(Ending::complete, heard(absurd, absurd, 10));
    expect(got, 50'000, 50'000, UsageSource::provider);
    EXPECT_EQ(got.doubt, Doubt::too_much);
}

TEST(Reckon, DoubtsAPromptBelowTheLeastThatItCanBe) {
    EXPECT_EQ(at(Ending::complete, heard(5, 40, 40)).doubt, Doubt::none);
    expect(at(Ending::complete, heard(5, 40, 40)), 5, 40, UsageSource::provider);
    EXPECT_EQ(at(Ending::complete, heard(4, 40, 40)).doubt, Doubt::too_little);
    expect(at(Ending::complete, heard(4, 40, 40)), 200, 40, UsageSource::estimate);
}

TEST(Reckon, BelievesWhatItSawBeyondAllThatCouldBe) {
    expect(at(Ending::complete, heard(90, 80'000, 70'000)), 90, 70'000, UsageSource::provider);
    expect(at(Ending::complete, heard(90, 60'000, 70'000)), 90, 60'000, UsageSource::provider);
}

TEST(Reckon, AModelThatShowsAllNeedNotThinkForAShortAnswer) {
    expect(at(Ending::complete, unreported(12), Shows::all, true), 200, 12, UsageSource::observed);
}

TEST(Reckon, BesideAPromptAZeroIsAFigureForAWord) {
    AnswerSeen word = heard(90, 0, 3);
    word.text_bytes = 16;
    expect(at(Ending::complete, word), 90, 0, UsageSource::provider);
    word.text_bytes = 17;
    expect(at(Ending::complete, word), 90, 3, UsageSource::observed);
}

TEST(Reckon, PartsAreNoMoreThanTheWhole) {
    AnswerSeen what = heard(90, 40, 40);
    what.reported.cached_input_tokens = 100'000;
    what.reported.reasoning_tokens = 100'000;
    const Reckoned got = at(Ending::complete, what);
    EXPECT_EQ(got.usage.cached_input_tokens, 90);
    EXPECT_EQ(got.usage.reasoning_tokens, 40);
}

TEST(Reckon, BelievesNoMorePiecesThanACallCanTake) {
    AnswerSeen what = heard(90, 40, 40);
    what.reported.units = {{"searches", 1'000'000}, {"pictures", 3}};
    const Reckoned got = at(Ending::complete, what);
    ASSERT_EQ(got.usage.units.size(), 2U);
    EXPECT_EQ(got.usage.units[0].count, 100);
    EXPECT_EQ(got.usage.units[1].count, 3);
    EXPECT_EQ(got.doubt, Doubt::too_much);
}

TEST(Reckon, APromptThatNobodyCountedCountsAsItWasHeld) {
    expect(at(Ending::complete, unreported(45)), 200, 45, UsageSource::observed);
    const Reckoned got = at(Ending::complete, heard(1, 40, 40));
    expect(got, 200, 40, UsageSource::estimate);
}

TEST(Reckon, AnAnswerThatNobodySawCountsAsItWasHeld) {
    for (const Ending ending : {Ending::cut, Ending::client_gone}) {
        expect(at(ending, unreported(0)), 200, 1'000, UsageSource::estimate);
    }
}

TEST(Reckon, ACutStreamCountsWhatWasSeenUnlessMoreMayHaveBeenHidden) {
    expect(at(Ending::cut, unreported(45)), 200, 45, UsageSource::observed);
    expect(at(Ending::cut, unreported(45), Shows::unknown, true), 200, 1'000,
           UsageSource::estimate);
    expect(at(Ending::cut, unreported(45), Shows::not_all), 200, 1'000, UsageSource::estimate);
    expect(at(Ending::cut, unreported(45), Shows::all), 200, 45, UsageSource::observed);
    expect(at(Ending::cut, unreported(7'000), Shows::not_all), 200, 7'000, UsageSource::observed);
}

TEST(Reckon, WhatWasNotSeenAtAllCountsAsHeldAlsoOfAModelThatShowsAll) {
    for (const Ending ending : {Ending::cut, Ending::client_gone}) {
        expect(at(ending, unreported(0), Shows::all), 200, 1'000, UsageSource::estimate);
    }
}

// Who shows its thoughts has no others.
TEST(Reckon, WhoIsAskedToThinkAndShowsNoThoughtMayHideThem) {
    AnswerSeen thoughtful = unreported(45);
    expect(at(Ending::cut, thoughtful, Shows::all, true), 200, 1'000, UsageSource::estimate);
    expect(at(Ending::complete, thoughtful, Shows::unknown, true), 200, 1'000,
           UsageSource::estimate);
    thoughtful.thoughts = true;
    expect(at(Ending::cut, thoughtful, Shows::unknown, true), 200, 45, UsageSource::observed);
    expect(at(Ending::client_gone, thoughtful, Shows::all, true), 200, 45, UsageSource::observed);
}

TEST(Reckon, BeforeTheLastWordAFigureIsOnlyAPart) {
    AnswerSeen early = heard(90, 1, 45);
    early.last_word = false;
    expect(at(Ending::client_gone, early), 90, 1'000, UsageSource::estimate);
    expect(at(Ending::cut, early), 90, 45, UsageSource::observed);
    expect(at(Ending::complete, early), 90, 1, UsageSource::provider);
}

// Whoever hangs up has chosen that nobody is told: what is not known is not in its favour.
TEST(Reckon, AClientThatLeftCountsWhatMayHaveBeenHidden) {
    expect(at(Ending::client_gone, unreported(45)), 200, 1'000, UsageSource::estimate);
    expect(at(Ending::client_gone, unreported(45), Shows::all), 200, 45, UsageSource::observed);
}

TEST(Reckon, NothingWasDoneForWhatWasRefusedOrNotSent) {
    EXPECT_EQ(at(Ending::nothing, unreported(0)).usage.source, UsageSource::none);
    EXPECT_EQ(at(Ending::upstream_error, unreported(0)).usage.source, UsageSource::none);
    expect(at(Ending::upstream_error, unreported(45)), 200, 45, UsageSource::observed);
}

TEST(Reckon, NonsenseCountsByItsBytes) {
    AnswerSeen nonsense;
    nonsense.body_bytes = 40;
    expect(at(Ending::invalid, nonsense), 0, 10, UsageSource::estimate);
    nonsense.body_bytes = 1'000'000;
    expect(at(Ending::invalid, nonsense), 200, 1'000, UsageSource::estimate);
    expect(at(Ending::invalid, unreported(45)), 200, 45, UsageSource::observed);
}

TEST(Reckon, AStreamIsStoppedFarPastItsHoldByItsTextOrItsPieces) {
    const auto past = [](std::int64_t text_bytes, std::int64_t pieces) {
        return is_past_hold(k_bound, {.text_bytes = text_bytes, .pieces = pieces});
    };
    EXPECT_FALSE(past(16 * 1'000 + 4'096, 4 * 1'000 + 1'000));
    EXPECT_TRUE(past(16 * 1'000 + 4'097, 1));
    EXPECT_TRUE(past(1, 4 * 1'000 + 1'001));
    constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max();
    EXPECT_FALSE(is_past_hold({.held = {.output = k_most}}, {.text_bytes = k_most}));
}

TEST(Reckon, AnEmbeddingGeneratesNothing) {
    const Bound bound{.held = {.input = 200, .output = 0},
                      .believed = {.input = 50'000, .output = 50'000}};
    const Reckoned got =
        reckon(bound, {.reported = {.input_tokens = 9, .source = UsageSource::provider}},
               Ending::complete, Shows::unknown, false);
    EXPECT_EQ(got.usage.input_tokens, 9);
    EXPECT_LE(got.usage.output_tokens, 0);
    EXPECT_EQ(got.usage.source, UsageSource::provider);
}

TEST(Ending, IsTheSafeSideUnlessItIsKnownThatNothingWasDone) {
    const auto ending = [](ErrorKind kind, Reach reach, const char* code = "") {
        return ending_of(fail(kind, "", code), reach);
    };
    EXPECT_EQ(ending_of({}, Reach::judged), Ending::complete);
    // Whatever cuts an answer that has begun.
    for (const ErrorKind kind : {ErrorKind::protocol, ErrorKind::timeout, ErrorKind::unreachable,
                                 ErrorKind::internal, ErrorKind::unavailable}) {
        EXPECT_EQ(ending(kind, Reach::answered), Ending::cut);
    }
    EXPECT_EQ(ending(ErrorKind::timeout, Reach::sent, "first_byte_timeout"), Ending::cut);
    EXPECT_EQ(ending(ErrorKind::unavailable, Reach::sent, "draining"), Ending::cut);
    EXPECT_EQ(ending(ErrorKind::cancelled, Reach::sent), Ending::client_gone);
    EXPECT_EQ(ending(ErrorKind::cancelled, Reach::answered), Ending::client_gone);
    EXPECT_EQ(ending_of(std::unexpected(Error{.kind = ErrorKind::timeout, .by_client = true}),
                        Reach::answered),
              Ending::client_gone)
        << "the client's own time limit";
    EXPECT_EQ(ending(ErrorKind::timeout, Reach::none, "connect_timeout"), Ending::nothing);
    EXPECT_EQ(ending(ErrorKind::cancelled, Reach::none), Ending::nothing);
    EXPECT_EQ(ending(ErrorKind::protocol, Reach::sent), Ending::nothing);
    EXPECT_EQ(ending(ErrorKind::unreachable, Reach::sent), Ending::nothing);
    EXPECT_EQ(ending(ErrorKind::auth, Reach::none), Ending::nothing);
    for (const ErrorKind kind : {ErrorKind::rate, ErrorKind::timeout, ErrorKind::cancelled}) {
        EXPECT_EQ(ending(kind, Reach::refused), Ending::nothing);
    }
    EXPECT_EQ(ending(ErrorKind::protocol, Reach::judged), Ending::invalid);
    EXPECT_EQ(ending(ErrorKind::rate, Reach::judged), Ending::upstream_error);
}

TEST(Reckon, PiecesThatWereHeldForAndNotToldAreCharged) {
    Bound bound{.held = {.input = 5}, .believed = {.input = 5}, .input_min = 0};
    bound.held.units = {{"image", 4}};
    AnswerSeen heard;
    heard.reported.input_tokens = 3;
    const auto untold = reckon(bound, heard, Ending::complete, Shows::all, false);
    ASSERT_EQ(untold.usage.units.size(), 1U);
    EXPECT_EQ(untold.usage.units[0].count, 4);
    heard.reported.units = {{"image", 1}};
    EXPECT_EQ(reckon(bound, heard, Ending::complete, Shows::all, false).usage.units[0].count, 1);
    heard.reported.units = {{"image", 9}};
    const auto more = reckon(bound, heard, Ending::complete, Shows::all, false);
    EXPECT_EQ(more.usage.units[0].count, 4) << "no more than it can come to";
    EXPECT_EQ(more.doubt, Doubt::too_much);
}

// Anthropic's streams begin with a count of 0 searches.
TEST(Reckon, ThatThereWereNoPiecesIsBelievedOfACompleteAnswer) {
    Bound bound{.held = {.input = 5}, .believed = {.input = 5}, .input_min = 0};
    bound.held.units = {{"web_search", 4}};
    AnswerSeen heard;
    heard.reported = {.input_tokens = 3, .units = {{"web_search", 0}}};
    const auto charged = [&](Ending ending) {
        const auto units = reckon(bound, heard, ending, Shows::all, false).usage.units;
        return units.size() == 1 ? units[0].count : -1;
    };
    EXPECT_EQ(charged(Ending::complete), 0);
    EXPECT_EQ(charged(Ending::cut), 4);
    EXPECT_EQ(charged(Ending::client_gone), 4);
}

TEST(Reckon, OfARefusedAttemptOnlyWhatWasToldCounts) {
    Bound bound = k_bound;
    bound.held.units = {{"web_search", 4}};
    AnswerSeen heard;
    heard.reported.units = {{"image", 1}};
    heard.reported.source = UsageSource::provider;
    const Reckoned told = reckon(bound, heard, Ending::nothing, Shows::unknown, true);
    expect(told, 0, 0, UsageSource::provider);
    ASSERT_EQ(told.usage.units.size(), 1U);
    EXPECT_EQ(told.usage.units[0].name, "image");
    heard.reported.input_tokens = 7;
    expect(reckon(bound, heard, Ending::nothing, Shows::unknown, true), 7, 0,
           UsageSource::provider);
}

}  // namespace
}  // namespace bellwether::policy
