// What is to be written to a client: one write at a time, nothing lost or sent twice, and a source
// that pauses once and resumes once.
#include "front/outbox.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bellwether::front {
namespace {

constexpr std::size_t k_pause = 64u << 10;
constexpr std::size_t k_resume = 16u << 10;

TEST(Outbox, WritesAllOfATurnAtOnce) {
    Outbox outbox;
    outbox.queue().append("one");
    EXPECT_TRUE(outbox.post());
    outbox.queue().append("two");
    EXPECT_FALSE(outbox.post());
    EXPECT_EQ(outbox.begin_write(), "onetwo");
    EXPECT_TRUE(outbox.writing());
    outbox.wrote(6);
    EXPECT_FALSE(outbox.writing());
    EXPECT_TRUE(outbox.idle());
    EXPECT_TRUE(outbox.post());
}

TEST(Outbox, GoesOnWhereAWriteStopped) {
    Outbox outbox;
    outbox.queue().append("abcdef");
    outbox.begin_write();
    outbox.wrote(0);
    EXPECT_EQ(outbox.rest(), "abcdef");
    outbox.wrote(2);
    EXPECT_EQ(outbox.rest(), "cdef");
    outbox.queue().append("next");
    EXPECT_FALSE(outbox.post());  // whoever ends the write writes what has come meanwhile
    outbox.wrote(4);
    EXPECT_FALSE(outbox.writing());
    EXPECT_FALSE(outbox.idle());
    EXPECT_EQ(outbox.begin_write(), "next");
    EXPECT_EQ(outbox.rest(), "next");
}

// A write may happen before the one that was posted: a reply's end does not wait for its turn.
TEST(Outbox, APostedWriteThatFindsNothingIsOver) {
    Outbox outbox;
    outbox.queue().append("x");
    EXPECT_TRUE(outbox.post());
    outbox.begin_write();
    outbox.wrote(1);
    EXPECT_TRUE(outbox.begin_write().empty());
    EXPECT_FALSE(outbox.writing());
    EXPECT_TRUE(outbox.post());
}

TEST(Outbox, PausesAndResumesItsSourceOnce) {
    Outbox outbox;
    outbox.queue().assign(k_pause, 'x');
    EXPECT_FALSE(outbox.pauses());
    outbox.queue() += 'x';
    EXPECT_TRUE(outbox.pauses());
    EXPECT_FALSE(outbox.pauses());
    EXPECT_FALSE(outbox.resumes());
    outbox.begin_write();
    outbox.wrote(outbox.rest().size());
    outbox.queue().assign(k_resume, 'x');
    EXPECT_FALSE(outbox.resumes());
    outbox.queue().pop_back();
    EXPECT_TRUE(outbox.resumes());
    EXPECT_FALSE(outbox.resumes());
}

TEST(Outbox, ASourceThatHasEndedIsNotResumed) {
    Outbox outbox;
    outbox.queue().assign(k_pause + 1, 'x');
    EXPECT_TRUE(outbox.pauses());
    outbox.source_ends();
    outbox.begin_write();
    outbox.wrote(outbox.rest().size());
    EXPECT_FALSE(outbox.resumes());
}

TEST(Outbox, KeepsASmallBufferAndGivesALargeOneBack) {
    Outbox outbox;
    const auto capacity_after = [&](std::size_t bytes) {
        outbox.queue().append(bytes, 'x');
        outbox.begin_write();
        outbox.wrote(bytes);
        EXPECT_TRUE(outbox.begin_write().empty());
        return outbox.queue().capacity();
    };
    EXPECT_GE(capacity_after(1'000), 1'000u);
    EXPECT_LT(capacity_after(100'000), 5'000u);
}

}  // namespace
}  // namespace bellwether::front
