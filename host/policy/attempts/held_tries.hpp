// For how many more tries of one call enough is held, and at which places. A value. A place is the
// index of a target, the first one of those that are the same but for their credential.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bellwether::policy {

class HeldTries {
  public:
    // What is held at first is enough for so many tries, each at another place, whichever it is.
    explicit HeldTries(unsigned anywhere) : anywhere_(anywhere) {}

    bool is_enough_for(std::size_t place) const {
        return (anywhere_ > 0 && !has(used_, place)) || has(at_, place);
    }
    // More is held, for a try at this place: one at another may cost more, or count elsewhere.
    void add(std::size_t place) { at_.push_back(place); }
    // A try at the place may have used what was held for it.
    void use(std::size_t place) {
        const auto own = std::ranges::find(at_, place);
        if (own != at_.end()) {
            at_.erase(own);
        } else if (anywhere_ > 0) {
            --anywhere_;
            used_.push_back(place);
        }
    }

  private:
    static bool has(const std::vector<std::size_t>& places, std::size_t place) {
        return std::ranges::find(places, place) != places.end();
    }

    unsigned anywhere_;
    std::vector<std::size_t> used_;  // places of those that have used what was held at first
    std::vector<std::size_t> at_;
};

}  // namespace bellwether::policy
