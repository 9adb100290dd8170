// The referee's own record of which credentials upstreams have refused, and for how long each is
// set aside for that: a minute, and twice as long with each refusal in a row, up to an hour.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <utility>

#include "base/clock.hpp"

namespace bellwether::simulator {

class KeyBook {
  public:
    using Key = std::pair<std::size_t, std::size_t>;  // the provider, and which one of its keys

    // The upstream has refused a try that was sent at `sent`. One that was sent before the last
    // refusal says nothing new, here and below.
    void refused(Key key, Clock::time_point sent) {
        Entry& entry = entries_[key];
        if (entry.count > 0 && is_before(sent, entry.refused_at)) return;
        entry.refused_at = Clock::now();
        ++entry.count;
    }
    void accepted(Key key, Clock::time_point sent) {
        Entry& entry = entries_[key];
        if (!is_before(sent, entry.refused_at)) entry = {};
    }
    // It is not known what the host makes of the answer. The time of the next refusal is then at
    // least that of a first one, and may be longer.
    void answered_unclearly(Key key, Clock::time_point sent) {
        Entry& entry = entries_[key];
        if (entry.count == 0 || is_before(sent, entry.refused_at)) return;
        entry = {.refused_at = entry.refused_at, .is_known = false};
    }

    // It must not be used now; and it was so already at `since`.
    bool is_aside(Key key, Clock::time_point since) const {
        const auto found = entries_.find(key);
        return found != entries_.end() && found->second.count > 0 &&
               found->second.refused_at < since && Clock::now() < found->second.until();
    }
    // It may be used now, for all that the upstream has said.
    bool is_ready(Key key) const {
        const auto found = entries_.find(key);
        if (found == entries_.end()) return true;
        const Entry& entry = found->second;
        return entry.is_known && (entry.count == 0 || Clock::now() >= entry.until());
    }

  private:
    struct Entry {
        Clock::time_point refused_at{};  // the last time
        unsigned count = 0;              // in a row
        bool is_known = true;            // `count` is; else it may be more

        Clock::time_point until() const {
            using std::chrono::minutes;
            return refused_at + minutes(count > 6 ? 60 : 1 << (count - 1));
        }
    };
    static bool is_before(Clock::time_point one, Clock::time_point other) {
        using std::chrono::floor;
        using std::chrono::milliseconds;
        return floor<milliseconds>(one) < floor<milliseconds>(other);
    }

    std::map<Key, Entry> entries_;
};

}  // namespace bellwether::simulator
