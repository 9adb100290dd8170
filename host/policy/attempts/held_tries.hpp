// For how many more tries of one call enough is held, and at which places. A value. A place is the
// index of a target, the first one of those that are the same but for their credential.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace bw::policy {

class HeldTries {
  public:
    // What is held at first is enough for so many tries, at whichever places.
    explicit HeldTries(unsigned anywhere) : anywhere_(anywhere) {}

    bool is_enough_for(std::size_t place) const {
        return anywhere_ > 0 || std::ranges::find(at_, place) != at_.end();
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
        }
    }

  private:
    unsigned anywhere_;
    std::vector<std::size_t> at_;
};

}  // namespace bw::policy
