// Keeps the calls that wait until a limit or an upstream lets them through, in one queue for each
// counter of a limit and for each model of an upstream. The calls of one key stay in the order in
// which they came. The keys take turns, so that a greedy key delays itself. Only the first call of
// a queue tries. Each worker has queues of its own, on its thread only.
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

namespace bellwether::policy {

class Queues {
    struct Queue;

  public:
    using Clock = bellwether::Clock;

    // A call's place in a queue. Destroying it leaves the queue; if the call was the first, the
    // next one tries.
    class Place {
      public:
        Place(Queue& queue, std::string key, std::function<void()> your_turn);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        // Adds the call to `waiting` until its place is destroyed. At most once.
        void count_in(std::atomic<std::int64_t>& waiting);
        // The call has tried in vain: its turn comes again after `wait`.
        void try_again(std::chrono::microseconds wait);

      private:
        friend class Queues;
        Queue& queue_;
        std::string key_;
        std::function<void()> your_turn_;
        std::atomic<std::int64_t>* waiting_ = nullptr;
    };

    explicit Queues(boost::asio::io_context& loop) : loop_(loop) {}

    std::size_t length(const std::string& counter) const;
    // Joins the queue of a counter; null: `length` calls wait there already. `your_turn` is called
    // after `wait` if the call is the first, else once it has become the first.
    std::unique_ptr<Place> enter(const std::string& counter, const std::string& key,
                                 std::size_t length, std::chrono::microseconds wait,
                                 std::function<void()> your_turn);
    // Room has come back to this counter: the first call of its queue may try now.
    void wake_first(const std::string& counter);

  private:
    struct Queue {
        Queue(Queues& all, std::string counter);

        Place* first() const;
        void call_first_at(Clock::time_point at);
        void leave(Place& place);

        Queues& queues;
        std::string counter;
        std::list<std::pair<std::string, std::deque<Place*>>> keys;  // next in turn comes first
        std::size_t length = 0;
        net::Alarm alarm;
    };

    boost::asio::io_context& loop_;
    std::map<std::string, std::unique_ptr<Queue>> queues_;  // only queues in which calls wait
};

}  // namespace bellwether::policy
