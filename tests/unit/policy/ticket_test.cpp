// Who holds a ticket stands in a line; who drops it has left.
#include "policy/admission/ticket.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace bellwether::policy {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

class TicketTest : public testing::Test {
  protected:
    void enter(std::function<void()> turn, microseconds wait) {
        ticket.emplace(loop, "c", queues.enter("c", "a", 9, wait, std::move(turn)));
    }

    boost::asio::io_context loop;
    Queues queues{loop};
    std::optional<Ticket> ticket;
};

TEST_F(TicketTest, DroppingItLeavesTheLine) {
    enter([] { FAIL() << "it has left"; }, microseconds(0));
    EXPECT_EQ(ticket->queue(), "c");
    ticket->wait_until(Queues::Clock::now(), [] { FAIL() << "it has left"; });
    EXPECT_EQ(queues.length("c"), 1U);
    ticket.reset();
    EXPECT_EQ(queues.length("c"), 0U);
    loop.run();
}

TEST_F(TicketTest, ATurnThatCameToNothingComesAgain) {
    int turns = 0;
    enter(
        [&] {
            if (++turns < 3) return ticket->try_again(microseconds(1));
            ticket.reset();
        },
        microseconds(0));
    loop.run();
    EXPECT_EQ(turns, 3);
}

TEST_F(TicketTest, MayBeDroppedWhenItsTimeIsUp) {
    enter([] { FAIL() << "its turn is far away"; }, hours(1));
    ticket->wait_until(Queues::Clock::now(), [this] { ticket.reset(); });
    loop.run();
    EXPECT_EQ(queues.length("c"), 0U);
}

}  // namespace
}  // namespace bellwether::policy
