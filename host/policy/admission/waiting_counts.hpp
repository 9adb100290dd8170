// Counts the calls that wait in the queues of each limit and of each provider. The names come from
// the configuration, so that clients cannot add any. Any thread.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
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

    // `before`: those of the configuration before, whose calls may still wait; null: there was
    // none.
    explicit WaitingCounts(const config::Config& config, const WaitingCounts* before = nullptr) {
        for (const auto& limit : config.limits) add(limit.name, before);
        for (const auto& provider : config.providers) add(limit_name_of(provider), before);
    }

    // Null: the configuration has no limit of this name.
    Count* of(std::string_view limit) {
        const auto found = counts_.find(limit);
        return found == counts_.end() ? nullptr : found->second.get();
    }
    auto begin() const { return counts_.begin(); }
    auto end() const { return counts_.end(); }

  private:
    void add(const std::string& name, const WaitingCounts* before) {
        std::shared_ptr<Count>& count = counts_[name];
        if (before != nullptr) {
            const auto found = before->counts_.find(name);
            if (found != before->counts_.end()) count = found->second;
        }
        if (!count) count = std::make_shared<Count>(0);
    }

    std::map<std::string, std::shared_ptr<Count>, std::less<>> counts_;
};

}  // namespace bellwether::policy
