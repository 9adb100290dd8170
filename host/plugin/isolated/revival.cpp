#include "plugin/isolated/revival.hpp"

#include <algorithm>

namespace bellwether::plugin::isolated {

Revival::Decision Revival::ended(Time now) {
    while (!ends_.empty() && now - ends_.front() > limits_.window) ends_.pop_front();
    ends_.push_back(now);
    if (ends_.size() >= limits_.ends) {
        ends_.clear();
        return {limits_.quarantine, true};
    }
    auto wait = limits_.first;
    for (std::size_t i = 1; i < ends_.size(); ++i) wait *= 3;
    return {std::min(wait, limits_.longest), false};
}

}  // namespace bellwether::plugin::isolated
