// Calls that wait for a limit to let them through, one line for each counter. Those of one key
// stand in the order in which they came; the keys take turns, so that a greedy one delays itself.
// Only the first of a line tries. On its worker's thread only: several workers have lines of their
// own.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "net/alarm.hpp"

namespace bw::policy {

class Lines {
    struct Line;

  public:
    using Clock = bw::Clock;

    // A place in a line. Leaving it is destroying it, which lets the next one try.
    class Place {
      public:
        Place(Line& line, std::string key, std::function<void()> your_turn);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        // Counts among those who wait until it is left. Once.
        void count_in(std::atomic<std::int64_t>& waiting);
        // The turn came to nothing: it comes again after `wait`.
        void try_again(std::chrono::microseconds wait);

      private:
        friend class Lines;
        Line& line_;
        std::string key_;
        std::function<void()> your_turn_;
        std::atomic<std::int64_t>* waiting_ = nullptr;
    };

    explicit Lines(boost::asio::io_context& loop) : loop_(loop) {}

    std::size_t length(const std::string& counter) const;
    // Null: `length` others stand there already. The first turn comes after `wait`, or after those
    // who stand before.
    std::unique_ptr<Place> enter(const std::string& counter, const std::string& key,
                                 std::size_t length, std::chrono::microseconds wait,
                                 std::function<void()> your_turn);
    // Something has come back to this counter: its first may try now.
    void came_back(const std::string& counter);

  private:
    struct Line {
        Line(Lines& all, std::string counter);

        Place* first() const;
        void call_first_at(Clock::time_point at);
        void leave(Place& place);

        Lines& lines;
        std::string counter;
        std::list<std::pair<std::string, std::deque<Place*>>> keys;  // whose turn it is, in front
        std::size_t length = 0;
        net::Alarm alarm;
    };

    boost::asio::io_context& loop_;
    std::map<std::string, std::unique_ptr<Line>> lines_;  // those that somebody stands in
};

}  // namespace bw::policy
