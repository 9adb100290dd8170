#include "policy/admission/lines.hpp"

#include <algorithm>
#include <utility>

namespace bw::policy {

Lines::Line::Line(Lines& all, std::string name)
    : lines(all), counter(std::move(name)), alarm(all.loop_) {}

Lines::Place* Lines::Line::first() const {
    return keys.empty() ? nullptr : keys.front().second.front();
}

void Lines::Line::call_first_at(Clock::time_point at) {
    alarm.set(at, [this] {
        if (const Place* const place = first()) {
            const auto turn = place->your_turn_;  // a copy, as the place may be destroyed in it
            turn();
        }
    });
}

// A call that leaves from the front has had its turn: its key goes to the end, and the first call
// of the next key tries.
void Lines::Line::leave(Place& place) {
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
        lines.lines_.erase(std::string(counter));
    } else if (was_first) {
        call_first_at(Clock::now());
    }
}

Lines::Place::Place(Line& line, std::string key, std::function<void()> your_turn)
    : line_(line), key_(std::move(key)), your_turn_(std::move(your_turn)) {}

Lines::Place::~Place() {
    if (waiting_ != nullptr) waiting_->fetch_sub(1, std::memory_order_relaxed);
    line_.leave(*this);
}

void Lines::Place::count_in(std::atomic<std::int64_t>& waiting) {
    waiting_ = &waiting;
    waiting.fetch_add(1, std::memory_order_relaxed);
}

void Lines::Place::try_again(std::chrono::microseconds wait) {
    if (line_.first() == this) line_.call_first_at(Clock::now() + wait);
}

std::size_t Lines::length(const std::string& counter) const {
    const auto found = lines_.find(counter);
    return found == lines_.end() ? 0 : found->second->length;
}

std::unique_ptr<Lines::Place> Lines::enter(const std::string& counter, const std::string& key,
                                           std::size_t length, std::chrono::microseconds wait,
                                           std::function<void()> your_turn) {
    std::unique_ptr<Line>& slot = lines_[counter];
    if (!slot) slot = std::make_unique<Line>(*this, counter);
    Line& line = *slot;
    if (line.length >= length) return nullptr;
    auto place = std::make_unique<Place>(line, key, std::move(your_turn));
    auto group = std::ranges::find(line.keys, key, &decltype(line.keys)::value_type::first);
    if (group == line.keys.end()) {
        line.keys.emplace_back(key, std::deque<Place*>{});
        group = std::prev(line.keys.end());
    }
    group->second.push_back(place.get());
    ++line.length;
    if (line.first() == place.get()) line.call_first_at(Clock::now() + wait);
    return place;
}

void Lines::came_back(const std::string& counter) {
    const auto found = lines_.find(counter);
    if (found != lines_.end()) found->second->call_first_at(Clock::now());
}

}  // namespace bw::policy
