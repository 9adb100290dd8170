#include "observe/metric_names.hpp"

#include <algorithm>
#include <limits>

namespace bellwether::observe {

NameSet::NameSet(std::string fallback, const std::vector<std::string>& names) {
    constexpr std::size_t k_names_max = std::numeric_limits<std::uint16_t>::max();
    names_.reserve(std::min(names.size() + 1, k_names_max));  // the look-up keeps views of them
    names_.push_back(std::move(fallback));
    indices_.emplace(names_.front(), 0);
    for (const std::string& name : names) {
        if (names_.size() == k_names_max || indices_.contains(name)) continue;
        names_.push_back(name);
        indices_.emplace(names_.back(), static_cast<std::uint16_t>(names_.size() - 1));
    }
}

NameSet NameSet::with(const NameSet& more) const {
    std::vector<std::string> all(names_.begin() + 1, names_.end());
    all.insert(all.end(), more.names_.begin() + 1, more.names_.end());
    return {names_.front(), all};
}

MetricNames MetricNames::with(const MetricNames& more) const {
    return {.routes = routes.with(more.routes),
            .providers = providers.with(more.providers),
            .models = models.with(more.models),
            .shadows = shadows.with(more.shadows)};
}

std::uint16_t NameSet::index(std::string_view name) const {
    const auto found = indices_.find(name);
    return found == indices_.end() ? std::uint16_t{0} : found->second;
}

}  // namespace bellwether::observe
