// What upstreams said of their own limits, by headers and by refusing: remembered, so that calls
// wait or go elsewhere instead of being sent to be refused. A limit belongs to a credential and a
// model; providers of the configuration that share a credential share it. Shared by all workers;
// takes a lock only where an upstream has said something.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "config/config.hpp"
#include "policy/upstreams/upstream_meter.hpp"
#include "route/table.hpp"

namespace bw::policy {

// What an upstream is taken to count a call at when it is sent: about its prompt, and what it may
// generate if it says so.
std::int64_t tokens_at_sending(const Call& call);

class UpstreamLimits {
    struct Account {
        Mutex mutex;
        std::map<std::string, UpstreamMeter, std::less<>> meters GUARDED_BY(mutex);  // by model
        std::atomic<bool> has_meters{false};
        std::atomic<std::int64_t> under_way{0};
    };

  public:
    using Clock = UpstreamMeter::Clock;

    // One call on its way to an upstream, from its sending to its end.
    class CountedTrip {
      public:
        // The candidate and the limits must outlive it.
        CountedTrip(UpstreamLimits& limits, const route::Candidate& candidate, std::int64_t tokens);
        ~CountedTrip();
        CountedTrip(const CountedTrip&) = delete;
        CountedTrip& operator=(const CountedTrip&) = delete;

        // The head of the response has come; at most once.
        void answered(std::span<const net::Header> headers);
        // At the end, one of the two: all went well, or the upstream refused it for being too fast.
        void served();
        // Returns how long it will be until there is room again.
        std::chrono::milliseconds refused(std::optional<std::chrono::milliseconds> retry_after);

      private:
        UpstreamMeter* meter(bool make) REQUIRES(account_.mutex);

        Account& account_;
        const std::string& model_;
        const std::int64_t tokens_;
        const Clock::time_point sent_;
        bool metered_ = false;  // the meter counts it
        bool answered_ = false;
    };

    // What became of a call that an upstream of a provider has no room for.
    enum class Effect : std::uint8_t { elsewhere, waited, refused };
    static constexpr std::array<std::string_view, 3> k_outcomes{"elsewhere", "waited", "refused"};

    explicit UpstreamLimits(const config::Config& config);

    // False: no upstream of this provider has said anything, so there is room.
    bool knows(const route::Candidate& candidate) const {
        return accounts_[candidate.provider]->has_meters.load(std::memory_order_relaxed);
    }
    // How long until there is room for such a call, as far as is known; zero: now.
    Clock::duration wait(const route::Candidate& candidate, std::int64_t tokens) const;
    void count(const route::Candidate& candidate, Effect outcome);
    std::uint64_t counted(std::size_t provider, std::size_t outcome) const;

  private:
    using Counts = std::array<std::atomic<std::uint64_t>, k_outcomes.size()>;

    std::vector<std::shared_ptr<Account>> accounts_;  // one a provider, some of them the same
    std::vector<Counts> counts_;                      // one a provider
};

}  // namespace bw::policy
