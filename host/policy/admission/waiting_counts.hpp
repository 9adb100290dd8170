// Counts the calls that wait in the queues of each limit and of each provider. The names come from
// the configuration, so that clients cannot add any. Any thread.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "config/config.hpp"

namespace bellwether::policy {

// The name of a provider's own limits, among the names of limits.
inline std::string limit_name_of(const config::Provider& provider) {
    return fmt::format("providers.{}", provider.name);
}

class WaitingCounts {
  public:
    using Count = std::atomic<std::int64_t>;

    explicit WaitingCounts(const config::Config& config) {
        for (const auto& limit : config.limits) counts_[limit.name] = 0;
        for (const auto& provider : config.providers) counts_[limit_name_of(provider)] = 0;
    }

    // Null: the configuration has no limit of this name.
    Count* of(std::string_view limit) {
        const auto found = counts_.find(limit);
        return found == counts_.end() ? nullptr : &found->second;
    }
    auto begin() const { return counts_.begin(); }
    auto end() const { return counts_.end(); }

  private:
    std::map<std::string, Count, std::less<>> counts_;
};

}  // namespace bellwether::policy
