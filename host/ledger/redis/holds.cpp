#include "ledger/redis/holds.hpp"

#include <utility>

namespace bellwether::ledger {

std::string RedisHolds::epoch() const {
    const Lock lock(mutex_);
    return epoch_;
}

bool RedisHolds::enter(const std::string& epoch) {
    const Lock lock(mutex_);
    const auto before = std::exchange(epoch_, epoch);
    return !before.empty() && before != epoch;
}

void RedisHolds::add(Hold hold, std::string epoch) {
    const auto id = hold.id;
    const Lock lock(mutex_);
    held_.insert_or_assign(id, Held{std::move(hold), epoch, epoch});
}

void RedisHolds::remove(const HoldId& id) {
    const Lock lock(mutex_);
    held_.erase(id);
}

std::string RedisHolds::epoch_of(const HoldId& id) const {
    const Lock lock(mutex_);
    const auto found = held_.find(id);
    return found == held_.end() ? epoch_ : found->second.given;
}

std::vector<Hold> RedisHolds::take_strays() {
    const Lock lock(mutex_);
    std::vector<Hold> lost_holds;
    for (auto& [id, held] : held_) {
        if (held.placed == epoch_ || held.taken == epoch_) continue;
        held.taken = epoch_;
        lost_holds.push_back(held.hold);
    }
    return lost_holds;
}

void RedisHolds::not_placed(const HoldId& id) {
    const Lock lock(mutex_);
    if (const auto found = held_.find(id); found != held_.end()) found->second.taken.clear();
}

void RedisHolds::placed(const HoldId& id, const std::string& epoch) {
    const Lock lock(mutex_);
    if (const auto found = held_.find(id); found != held_.end()) found->second.placed = epoch;
}

}  // namespace bellwether::ledger
