// When the journal writes: holds soon and by themselves, settlements after they have lingered, all
// at once for whoever waits.
#include "ledger/sqlite/commit_window.hpp"

#include <gtest/gtest.h>

namespace bellwether::ledger {
namespace {

using config::Sync;
using std::chrono::milliseconds;
using Moment = CommitWindow::Moment;

constexpr Moment k_start{std::chrono::hours(1)};
constexpr milliseconds k_linger{10};

Moment at(std::int64_t ms) { return k_start + milliseconds(ms); }

TEST(CommitWindow, HasNothingToDoUntilSomethingComes) {
    EXPECT_EQ(CommitWindow(k_linger, Sync::disk).due(), Moment::max());
}

TEST(CommitWindow, WritesHoldsTogetherWithinTheirBound) {
    CommitWindow window(k_linger, Sync::disk);
    window.hold_came(at(0));
    window.hold_came(at(1));
    EXPECT_EQ(window.due(), at(0) + k_holds_linger_max);
    const auto commit = window.take(at(2));
    EXPECT_EQ(commit.extent, Extent::holds);
    EXPECT_EQ(commit.wait, Wait::for_file) << "nobody waits for it";
    window.hold_came(at(3));
    EXPECT_EQ(window.due(), at(3) + k_holds_linger_max) << "one that comes later waits anew";
}

TEST(CommitWindow, LetsASettlementLingerAndAHoldBesideItNot) {
    CommitWindow window(k_linger, Sync::disk);
    window.other_came(at(0));
    EXPECT_EQ(window.due(), at(10));
    window.hold_came(at(3));
    EXPECT_EQ(window.due(), at(3) + k_holds_linger_max);
    EXPECT_EQ(window.take(at(5)).extent, Extent::holds);
    EXPECT_EQ(window.due(), at(10)) << "by the first, however many come";
    window.other_came(at(9));
    EXPECT_EQ(window.due(), at(10));
    EXPECT_EQ(window.take(at(10)).extent, Extent::all);
}

TEST(CommitWindow, WritesWithHoldsWhatIsDueSoonAnyhow) {
    CommitWindow window(k_linger, Sync::disk);
    window.other_came(at(0));
    window.hold_came(at(7));
    EXPECT_EQ(window.take(at(9)).extent, Extent::all);
}

TEST(CommitWindow, WaitsForTheDiskOnceInTwoWindows) {
    CommitWindow window(k_linger, Sync::disk);
    window.hold_came(at(0));
    EXPECT_EQ(window.take(at(2)).wait, Wait::for_file);
    EXPECT_EQ(window.due(), at(10));
    EXPECT_EQ(window.take(at(10)).wait, Wait::for_file);
    EXPECT_EQ(window.due(), at(20)) << "though nothing else is left to be written";
    EXPECT_EQ(window.take(at(20)).wait, Wait::for_disk);
    EXPECT_EQ(window.due(), Moment::max());
}

TEST(CommitWindow, WritesAtOnceForAnAnswerThatWaits) {
    CommitWindow window(k_linger, Sync::disk);
    window.other_came(at(0));
    window.hold_came(at(1));
    window.answer_waits();
    EXPECT_EQ(window.due(), Moment::min());
    const auto commit = window.take(at(1));
    EXPECT_EQ(commit.extent, Extent::holds) << "the settlement would only make it wait for longer";
    EXPECT_EQ(commit.wait, Wait::for_disk);
    EXPECT_EQ(window.due(), at(10));
    EXPECT_EQ(window.take(at(10)).extent, Extent::all);
    EXPECT_EQ(window.due(), at(20)) << "the settlement is not on the disk yet";
}

TEST(CommitWindow, WritesAllForWhoeverWaitsForAll) {
    CommitWindow window(k_linger, Sync::disk);
    window.other_came(at(0));
    window.all_wanted();
    EXPECT_EQ(window.due(), Moment::min());
    const auto commit = window.take(at(0));
    EXPECT_EQ(commit.extent, Extent::all);
    EXPECT_EQ(commit.wait, Wait::for_disk);
    EXPECT_EQ(window.due(), Moment::max());
}

TEST(CommitWindow, WritesEverythingAtOnceIfNothingMayLinger) {
    CommitWindow window(milliseconds(0), Sync::disk);
    for (const bool hold : {true, false}) {
        hold ? window.hold_came(at(0)) : window.other_came(at(0));
        EXPECT_EQ(window.due(), at(0));
        const auto commit = window.take(at(0));
        EXPECT_EQ(commit.extent, Extent::all);
        EXPECT_EQ(commit.wait, Wait::for_disk);
        EXPECT_EQ(window.due(), Moment::max());
    }
}

TEST(CommitWindow, WakesNobodyForTheDiskThatNobodyWaitsFor) {
    CommitWindow window(k_linger, Sync::os);
    window.other_came(at(0));
    EXPECT_EQ(window.take(at(10)).extent, Extent::all);
    EXPECT_EQ(window.due(), Moment::max());
    window.hold_came(at(30));
    window.answer_waits();
    EXPECT_EQ(window.take(at(30)).extent, Extent::holds);
    EXPECT_EQ(window.take(at(40)).extent, Extent::all);
    EXPECT_EQ(window.due(), Moment::max());
}

}  // namespace
}  // namespace bellwether::ledger
