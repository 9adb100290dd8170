// A connection's turning points: half-close, lingering close, pipelining and time that is up.
#include "front/phase.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace bellwether::front {
namespace {

constexpr Phase k_all[] = {Phase::waiting,   Phase::head,      Phase::body,
                           Phase::answering, Phase::streaming, Phase::replied,
                           Phase::refused,   Phase::lingering, Phase::closed};

const http::MessageLimits k_limits{};

class PhaseTest : public testing::Test {
  protected:
    PhaseTest() { more_.keep("GET"); }

    Inbox empty_{k_limits};
    Inbox more_{k_limits};  // bytes of a next request are kept
};

TEST_F(PhaseTest, IsOneOfReadingAnsweringAndEnding) {
    for (const Phase phase : k_all) EXPECT_FALSE(reads(phase) && answers(phase));
    for (const Phase phase : {Phase::lingering, Phase::closed}) {
        EXPECT_FALSE(reads(phase) || answers(phase));
    }
}

TEST_F(PhaseTest, FollowsTheParser) {
    Inbox inbox(k_limits);
    const auto phase_after = [&](std::string_view bytes) {
        while (inbox.feed(bytes) == http::ParseStep::head) {
        }
        return reading_phase(inbox.parser());
    };
    EXPECT_EQ(phase_after("\r\n"), Phase::waiting);  // an empty line begins no request
    EXPECT_EQ(phase_after("P"), Phase::head);
    EXPECT_EQ(phase_after("OST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n"), Phase::head);
    EXPECT_EQ(phase_after("\r\n"), Phase::body);
    EXPECT_EQ(phase_after("ab"), Phase::body);
}

TEST_F(PhaseTest, AnInputThatEndsBetweenRequestsEndsTheConnection) {
    EXPECT_EQ(at_input_end(Phase::waiting, empty_), AtInputEnd::close);
    EXPECT_EQ(at_input_end(Phase::lingering, empty_), AtInputEnd::close);
}

TEST_F(PhaseTest, AnInputThatEndsWithinARequestIsAMistake) {
    EXPECT_EQ(at_input_end(Phase::head, empty_), AtInputEnd::refuse);
    EXPECT_EQ(at_input_end(Phase::body, empty_), AtInputEnd::refuse);
}

TEST_F(PhaseTest, WhoHalfClosesWhileItsCallRunsIsProbed) {
    EXPECT_EQ(at_input_end(Phase::answering, empty_), AtInputEnd::probe);
    EXPECT_EQ(at_input_end(Phase::streaming, more_), AtInputEnd::probe);
    EXPECT_EQ(at_input_end(Phase::replied, empty_), AtInputEnd::nothing);
    EXPECT_EQ(at_input_end(Phase::refused, empty_), AtInputEnd::nothing);
}

TEST_F(PhaseTest, RequestsThatCameWholeBeforeTheEndAreAnswered) {
    EXPECT_EQ(at_input_end(Phase::waiting, more_), AtInputEnd::nothing);
    EXPECT_EQ(at_input_end(Phase::closed, more_), AtInputEnd::nothing);
    EXPECT_EQ(at_input_end(Phase::closed, empty_), AtInputEnd::nothing);
}

TEST_F(PhaseTest, AProbeMeansNothingToItsClient) {
    using http::Version;
    EXPECT_EQ(probe_for(Phase::streaming, Version::http_1_1, false), Probe::comment);
    EXPECT_EQ(probe_for(Phase::streaming, Version::http_1_0, false), Probe::comment);
    EXPECT_EQ(probe_for(Phase::streaming, Version::http_1_1, true), Probe::leading_zero);
    EXPECT_EQ(probe_for(Phase::streaming, Version::http_1_0, true), Probe::next_bytes);
    EXPECT_EQ(probe_for(Phase::answering, Version::http_1_1, false), Probe::interim_response);
    EXPECT_EQ(probe_for(Phase::answering, Version::http_1_0, false), Probe::none);
}

TEST_F(PhaseTest, OnlyWhoHasBegunARequestIsToldThatItsTimeIsUp) {
    for (const Phase phase : {Phase::head, Phase::body}) {
        EXPECT_EQ(at_time_up(phase), AtTimeUp::refuse);
    }
    for (const Phase phase : {Phase::waiting, Phase::lingering}) {
        EXPECT_EQ(at_time_up(phase), AtTimeUp::close);
    }
    for (const Phase phase : {Phase::answering, Phase::streaming, Phase::replied, Phase::refused}) {
        EXPECT_EQ(at_time_up(phase), AtTimeUp::hang_up);
    }
}

TEST_F(PhaseTest, AfterAReplyTheNextRequestIsReadIfThereIsOne) {
    EXPECT_EQ(after_reply(Phase::replied, false, empty_), AfterReply::read);
    EXPECT_EQ(after_reply(Phase::replied, false, more_), AfterReply::read_kept);
    empty_.end();
    more_.end();
    EXPECT_EQ(after_reply(Phase::replied, false, empty_), AfterReply::close);
    EXPECT_EQ(after_reply(Phase::replied, false, more_), AfterReply::read_kept);
}

TEST_F(PhaseTest, ALastReplyIsNotOvertakenByAReset) {
    EXPECT_EQ(after_reply(Phase::replied, true, empty_), AfterReply::close);
    EXPECT_EQ(after_reply(Phase::replied, true, more_), AfterReply::linger);
    EXPECT_EQ(after_reply(Phase::refused, true, empty_), AfterReply::linger);
    EXPECT_EQ(after_reply(Phase::refused, false, empty_), AfterReply::linger);
    empty_.end();
    more_.end();
    EXPECT_EQ(after_reply(Phase::replied, true, more_), AfterReply::close);
    EXPECT_EQ(after_reply(Phase::refused, true, empty_), AfterReply::close);
}

}  // namespace
}  // namespace bellwether::front
