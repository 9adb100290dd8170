// Where a call may be tried next, as its tries fail.
#include "policy/attempts/course.hpp"

#include <gmock/gmock.h>

namespace bellwether::policy {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class CourseTest : public testing::Test {
  protected:
    // Two targets, the first with two credentials; one target in the first chain, two in the
    // second.
    CourseTest() {
        const auto add = [&](std::size_t id, std::size_t credential,
                             route::Chain chain = route::Chain::none) {
            targets.push_back({.provider = "p",
                               .target = {.provider = id,
                                          .model = "m",
                                          .id = id,
                                          .credential = credential,
                                          .chain = chain}});
        };
        add(0, 0);
        add(0, 1);
        add(1, 0);
        add(2, 0, route::Chain::context_length);
        add(3, 0, route::Chain::content_filter);
        add(4, 0, route::Chain::content_filter);
        course.emplace(targets);
        course->begun(0);
    }
    void fails(std::size_t target, ErrorKind kind, Clock::duration pause = 1s, int status = 0) {
        course->failed(target, {.kind = kind, .http_status = status}, now, pause);
    }
    std::vector<std::size_t> open(Clock::duration within = Clock::duration::max()) const {
        std::vector<std::size_t> all;
        for (const NextTry& next : course->open(now, look)) {
            if (next.wait <= within) all.push_back(next.target);
        }
        return all;
    }

    Clock::time_point now{1000s};
    Course::Look look = [](const Prospect&) { return Course::Outlook{}; };
    std::vector<Prospect> targets;
    std::optional<Course> course;
};

TEST_F(CourseTest, ATargetThatFailedIsToWaitWithEachOfItsCredentials) {
    fails(0, ErrorKind::upstream);
    EXPECT_THAT(open(), ElementsAre(0, 1, 2));
    EXPECT_THAT(open(0s), ElementsAre(2));
    now += 1s;
    EXPECT_THAT(open(0s), ElementsAre(0, 1, 2));
    EXPECT_TRUE(course->open(now, look)[1].repeats);
    EXPECT_FALSE(course->open(now, look)[2].repeats);
}

TEST_F(CourseTest, ACredentialThatWasRefusedSaysNothingOfTheOthers) {
    fails(0, ErrorKind::auth);
    EXPECT_THAT(open(0s), ElementsAre(1, 2)) << "never again with the same one";
    fails(1, ErrorKind::rate, 5s);
    EXPECT_THAT(open(0s), ElementsAre(2));
    EXPECT_THAT(open(5s), ElementsAre(1, 2));
}

TEST_F(CourseTest, SaysWhereOnlyTheCredentialWouldBeAnotherOne) {
    const auto other_keys = [&] {
        std::vector<std::size_t> all;
        for (const NextTry& next : course->open(now, look)) {
            if (next.other_key) all.push_back(next.target);
        }
        return all;
    };
    for (const ErrorKind kind : {ErrorKind::auth, ErrorKind::quota, ErrorKind::rate}) {
        course.emplace(targets);
        fails(0, kind, 0s);
        EXPECT_THAT(other_keys(), ElementsAre(1));
        fails(2, ErrorKind::upstream);
        EXPECT_THAT(other_keys(), IsEmpty()) << "it is the last failure that counts";
    }
    course.emplace(targets);
    fails(0, ErrorKind::upstream);
    EXPECT_THAT(other_keys(), IsEmpty());
}

TEST_F(CourseTest, ARefusedCredentialIsAskedForNoOtherModel) {
    for (const ErrorKind kind : {ErrorKind::auth, ErrorKind::quota}) {
        targets[2].target.provider = 0;
        course.emplace(targets);
        fails(0, kind, 1s, 401);
        EXPECT_THAT(open(), ElementsAre(1));
        course.emplace(targets);
        fails(0, kind, 1s, 403);
        EXPECT_THAT(open(), ElementsAre(1, 2)) << "it may be forbidden this model alone";
    }
}

TEST_F(CourseTest, APlaceThatIsClosedIsAskedWithNoCredential) {
    course->close(1);
    EXPECT_THAT(open(), ElementsAre(2));
}

TEST_F(CourseTest, WhatATargetWillNeverDoIsAskedOfTheOthersAlone) {
    fails(0, ErrorKind::not_found);
    EXPECT_THAT(open(), ElementsAre(2));
    fails(2, ErrorKind::unsupported);
    EXPECT_THAT(open(), IsEmpty());
}

TEST_F(CourseTest, WhatNoTargetWillDoIsAskedOfNobody) {
    fails(0, ErrorKind::invalid);
    EXPECT_THAT(open(), IsEmpty());
}

TEST_F(CourseTest, AFailureWithAChainOfItsOwnIsFollowedByThatAlone) {
    fails(0, ErrorKind::context_length);
    EXPECT_THAT(open(), ElementsAre(3));
    fails(3, ErrorKind::upstream);
    EXPECT_THAT(open(1s), ElementsAre(3)) << "what follows stays in the chain";
    fails(3, ErrorKind::context_length);
    EXPECT_THAT(open(), IsEmpty());
}

TEST_F(CourseTest, AFilteredPromptGoesToItsChainAndElseNowhere) {
    fails(0, ErrorKind::content_filter);
    EXPECT_THAT(open(), ElementsAre(4, 5));
    fails(4, ErrorKind::content_filter);
    EXPECT_THAT(open(), ElementsAre(5)) << "each target of the chain is asked";
    fails(5, ErrorKind::content_filter);
    EXPECT_THAT(open(), IsEmpty());
}

TEST_F(CourseTest, WithoutAChainALongPromptIsTriedAtTheOtherTargets) {
    targets.resize(3);
    course.emplace(targets);
    fails(0, ErrorKind::context_length);
    EXPECT_THAT(open(), ElementsAre(2));
}

TEST_F(CourseTest, CountsTheFailuresOfAPlace) {
    EXPECT_EQ(course->failures(0), 0U);
    fails(0, ErrorKind::rate);
    fails(1, ErrorKind::rate);
    fails(2, ErrorKind::upstream);
    EXPECT_EQ(course->failures(0), 2U);
    EXPECT_EQ(course->failures(2), 1U);
}

TEST_F(CourseTest, ATargetWithoutRoomIsToWaitForIt) {
    look = [](const Prospect& one) {
        return Course::Outlook{.wait = one.target.id == 1 ? 7s : 0s, .failing = one.target.id == 0};
    };
    fails(0, ErrorKind::upstream);
    EXPECT_THAT(open(1s), ElementsAre(0, 1));
    EXPECT_THAT(open(7s), ElementsAre(0, 1, 2));
    EXPECT_TRUE(course->open(now, look)[0].failing);
}

}  // namespace
}  // namespace bellwether::policy
