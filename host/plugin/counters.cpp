#include "plugin/counters.hpp"

#include <algorithm>
#include <utility>

namespace bellwether::plugin {

void Counters::add(std::string_view name, std::string_view label, std::int64_t amount) {
    const auto spec = std::ranges::find(specs_, name, &CounterSpec::name);
    if (spec == specs_.end() || amount <= 0) return;
    const Lock lock(mutex_);
    auto& by_label = values_[static_cast<std::size_t>(spec - specs_.begin())];
    if (label.size() > k_label_bytes_max) label = label.substr(0, k_label_bytes_max);
    auto value = by_label.find(label);
    if (value == by_label.end()) {
        value = by_label.try_emplace(std::string(by_label.size() < k_labels_max ? label : "other"))
                    .first;
    }
    value->second += static_cast<std::uint64_t>(amount);
}

std::vector<Counters::Reading> Counters::read() const {
    std::vector<Reading> readings;
    const Lock lock(mutex_);
    for (std::size_t i = 0; i < specs_.size(); ++i) {
        for (const auto& [label, value] : values_[i]) {
            readings.push_back({&specs_[i], label, value});
        }
    }
    return readings;
}

}  // namespace bellwether::plugin
