#include "policy/admission/queues.hpp"

#include <algorithm>
#include <utility>

namespace bellwether::policy {

Queues::Queue::Queue(Queues& all, std::string name)
    : queues(all), counter(std::move(name)), alarm(all.loop_) {}

Queues::Place* Queues::Queue::first() const {
    return keys.empty() ? nullptr : keys.front().second.front();
}

void Queues::Queue::call_first_at(Clock::time_point at) {
    alarm.set(at, [this] {
        if (const Place* const place = first()) {
            const auto turn = place->your_turn_;  // a copy, as the place may be destroyed in it
            turn();
        }
    });
}

// A call that leaves from the front has had its turn: its key goes to the end, and the first call
// of the next key tries.
void Queues::Queue::leave(Place& place) {
    const bool was_first = first() == &place;
    const auto key = std::ranges::find(keys, place.key_, &decltype(keys)::value_type::first);
    std::erase(key->second, &place);
    --length;
    if (key->second.empty()) {
        keys.erase(key);
    } else if (was_first) {
        keys.splice(keys.end(), keys, key);
    }
    if (keys.empty()) {
        queues.queues_.erase(std::string(counter));
    } else if (was_first) {
        call_first_at(Clock::now());
    }
}

Queues::Place::Place(Queue& queue, std::string key, std::function<void()> your_turn)
    : queue_(queue), key_(std::move(key)), your_turn_(std::move(your_turn)) {}

Queues::Place::~Place() {
    if (waiting_ != nullptr) waiting_->fetch_sub(1, std::memory_order_relaxed);
    queue_.leave(*this);
}

void Queues::Place::count_in(std::atomic<std::int64_t>& waiting) {
    waiting_ = &waiting;
    waiting.fetch_add(1, std::memory_order_relaxed);
}

void Queues::Place::try_again(std::chrono::microseconds wait) {
    if (queue_.first() == this) queue_.call_first_at(Clock::now() + wait);
}

std::size_t Queues::length(const std::string& counter) const {
    const auto found = queues_.find(counter);
    return found == queues_.end() ? 0 : found->second->length;
}

std::unique_ptr<Queues::Place> Queues::enter(const std::string& counter, const std::string& key,
                                             std::size_t length, std::chrono::microseconds wait,
                                             std::function<void()> your_turn) {
    std::unique_ptr<Queue>& slot = queues_[counter];
    if (!slot) slot = std::make_unique<Queue>(*this, counter);
    Queue& queue = *slot;
    if (queue.length >= length) return nullptr;
    auto place = std::make_unique<Place>(queue, key, std::move(your_turn));
    auto group = std::ranges::find(queue.keys, key, &decltype(queue.keys)::value_type::first);
    if (group == queue.keys.end()) {
        queue.keys.emplace_back(key, std::deque<Place*>{});
        group = std::prev(queue.keys.end());
    }
    group->second.push_back(place.get());
    ++queue.length;
    if (queue.first() == place.get()) queue.call_first_at(Clock::now() + wait);
    return place;
}

void Queues::wake_first(const std::string& counter) {
    const auto found = queues_.find(counter);
    if (found != queues_.end()) found->second->call_first_at(Clock::now());
}

}  // namespace bellwether::policy
