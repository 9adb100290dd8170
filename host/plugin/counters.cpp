#include "plugin/counters.hpp"

#include <algorithm>
#include <utility>

namespace bellwether::plugin {
namespace {

// The beginning of the text, without a part of a character at its end.
std::string_view whole_characters(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
    return text.substr(0, end);
}

}  // namespace

void Counters::add(std::string_view name, std::string_view label, std::int64_t amount) {
    const auto spec = std::ranges::find(specs_, name, &CounterSpec::name);
    if (spec == specs_.end() || amount <= 0) return;
    const Lock lock(mutex_);
    auto& by_label = values_[static_cast<std::size_t>(spec - specs_.begin())];
    label = whole_characters(label, k_label_bytes_max);
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
