// A hold is settled once, whoever owns it and whether or not anybody remembers to.
#include "policy/admission/open_hold.hpp"

#include <optional>

#include "session_under_test.hpp"

namespace bellwether::policy {
namespace {

class OpenHoldTest : public testing::Test {
  protected:
    OpenHold open(std::uint64_t number = 7, std::int64_t amount = 100) {
        return {session, {.host = 1, .number = number}, [amount] {
                    return ledger::Settlement{.amounts = {amount}};
                }};
    }
    using Amounts = std::vector<std::int64_t>;

    SessionUnderTest session;
};

TEST_F(OpenHoldTest, OneThatIsForgottenIsSettledAtWhatWasHeld) {
    { const OpenHold hold = open(); }
    ASSERT_EQ(session.settled.size(), 1U);
    EXPECT_EQ(session.settled[0].id, (ledger::HoldId{.host = 1, .number = 7}));
    EXPECT_EQ(session.settled[0].amounts, Amounts{100});
    EXPECT_TRUE(session.settled[0].recorded);
}

TEST_F(OpenHoldTest, OneThatIsSettledIsNotSettledAgain) {
    {
        OpenHold hold = open();
        std::move(hold).settle({.amounts = {12}});
        std::move(hold).settle({.amounts = {13}});
    }
    ASSERT_EQ(session.settled.size(), 1U);
    EXPECT_EQ(session.settled[0].id.number, 7U);
    EXPECT_EQ(session.settled[0].amounts, Amounts{12});
}

TEST_F(OpenHoldTest, OneThatIsReleasedGivesBackEveryClaimAndLeavesNoRow) {
    { open().release(3); }
    ASSERT_EQ(session.settled.size(), 1U);
    EXPECT_EQ(session.settled[0].amounts, (Amounts{0, 0, 0}));
    EXPECT_FALSE(session.settled[0].recorded);
}

TEST_F(OpenHoldTest, WhoeverItIsMovedToSettlesIt) {
    {
        OpenHold first = open();
        const OpenHold second = std::move(first);
        EXPECT_EQ(second.id().number, 7U);
        EXPECT_TRUE(session.settled.empty());
    }
    EXPECT_EQ(session.settled.size(), 1U);
}

TEST_F(OpenHoldTest, OneThatIsReplacedIsSettledFirst) {
    {
        OpenHold hold = open(7, 100);
        hold = open(8, 50);
        ASSERT_EQ(session.settled.size(), 1U);
        EXPECT_EQ(session.settled[0].id.number, 7U);
        EXPECT_EQ(session.settled[0].amounts, Amounts{100});
    }
    ASSERT_EQ(session.settled.size(), 2U);
    EXPECT_EQ(session.settled[1].id.number, 8U);
    EXPECT_EQ(session.settled[1].amounts, Amounts{50});
}

}  // namespace
}  // namespace bellwether::policy
