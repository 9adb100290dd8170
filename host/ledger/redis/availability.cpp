#include "ledger/redis/availability.hpp"

#include <utility>

namespace bellwether::ledger {

void Announcement::make(std::string what) {
    {
        const Lock lock(mutex_);
        if (!made_) what_ = std::move(what);
        made_ = true;
    }
    changed_.notify_all();
}

std::string Announcement::wait() {
    const Lock lock(mutex_);
    changed_.wait(mutex_, [this]() REQUIRES(mutex_) { return made_; });
    return what_;
}

bool Announcement::wait_until(Condition::Time end) {
    const Lock lock(mutex_);
    return changed_.wait_until(mutex_, end, [this]() REQUIRES(mutex_) { return made_; });
}

AwayNotice::Tell AwayNotice::changed(bool away, observe::Seldom::Clock::time_point now) {
    const bool was_away = std::exchange(away_, away);
    if (away && !was_away && lines_.may(now)) {
        told_ = true;
        return Tell::away;
    }
    return !away && std::exchange(told_, false) ? Tell::back : Tell::nothing;
}

}  // namespace bellwether::ledger
