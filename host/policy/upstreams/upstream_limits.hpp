// Remembers what upstreams have said of their own rate limits, in headers and by refusing calls, so
// that a call waits or goes elsewhere instead of being sent and refused. A limit belongs to a
// credential and a model; configured providers with the same credential share it. One object serves
// all workers, from any thread; it takes a lock only where an upstream has said something.
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
#include <tuple>
#include <vector>

#include "base/call.hpp"
#include "base/error.hpp"
#include "base/mutex.hpp"
#include "config/config.hpp"
#include "policy/upstreams/upstream_meter.hpp"
#include "route/table.hpp"

namespace bellwether::policy {

// How many tokens an upstream is assumed to count for a call when it is sent: about the size of the
// prompt, and `max_tokens` if the request says it. `asked`: what the request asks for as the
// upstream gets it.
std::int64_t tokens_at_sending(const Call& call, const AskedInBody& asked);

class UpstreamLimits {
    struct Account {
        Mutex mutex;
        std::map<std::string, UpstreamMeter, std::less<>> meters GUARDED_BY(mutex);  // by model
        std::atomic<bool> has_meters{false};
        std::atomic<std::int64_t> under_way{0};
    };

  public:
    using Clock = UpstreamMeter::Clock;

    // Follows one attempt at an upstream, from its sending to its end. On one worker's thread.
    class CountedTrip {
      public:
        // The candidate and the limits must outlive the trip.
        CountedTrip(UpstreamLimits& limits, const route::Candidate& candidate, std::int64_t tokens);
        ~CountedTrip();
        CountedTrip(const CountedTrip&) = delete;
        CountedTrip& operator=(const CountedTrip&) = delete;

        // The head of a response has come; the later ones of one attempt say nothing new.
        void answered();
        // The upstream has said what its limits are.
        void told(const SaidLimits& said);
        // At the end at most one of the next two is called: served() if all went well, or refused()
        // if the upstream's rate limit refused the attempt.
        void served();
        // Returns how long it will be until there is room again.
        std::chrono::milliseconds refused(std::optional<std::chrono::milliseconds> retry_after);

      private:
        UpstreamMeter* meter(bool make) REQUIRES(account_.mutex);

        Account& account_;
        const std::string& model_;
        const std::int64_t tokens_;
        const Clock::time_point sent_;
        bool metered_ = false;  // the meter has been told of this trip
        bool answered_ = false;
    };

    // What happened to a call because an upstream had no room for it.
    enum class Effect : std::uint8_t { elsewhere, waited, refused };
    static constexpr std::array<std::string_view, 3> k_outcomes{"elsewhere", "waited", "refused"};

    // `before`: those of the configuration before, which are kept where the customer of an upstream
    // is the same; null: there was none.
    explicit UpstreamLimits(const config::Config& config, const UpstreamLimits* before = nullptr);

    // False: the provider's upstream has said nothing yet of its limits, so there is room.
    bool knows(const route::Candidate& candidate) const {
        return account_of(candidate).has_meters.load(std::memory_order_relaxed);
    }
    // How long until there is room for a call of so many tokens, as far as is known; zero: now.
    Clock::duration wait(const route::Candidate& candidate, std::int64_t tokens) const;
    // The share that is left of the upstream's limits, from 0 to 1; 1 if they are not known.
    double share_left(const route::Candidate& candidate) const;
    void count(std::size_t provider, Effect outcome);
    std::uint64_t counted(std::size_t provider, std::size_t outcome) const;

  private:
    using Counts = std::array<std::atomic<std::uint64_t>, k_outcomes.size()>;
    // The plugin, the base URL and where the secrets are read from. Providers that have all of
    // these in common are the same customer of the same upstream.
    using Customer = std::tuple<std::string, std::string, std::vector<std::string>>;
    struct NamedCounts {
        std::string provider;
        std::shared_ptr<Counts> counts;
    };

    static Customer customer_of(const config::Provider& provider, std::size_t credential);

    Account& account_of(const route::Candidate& candidate) const {
        return *accounts_[candidate.provider][candidate.credential];
    }

    std::map<Customer, std::shared_ptr<Account>> customers_;
    // Those of each provider's credentials, some of them the same.
    std::vector<std::vector<std::shared_ptr<Account>>> accounts_;
    std::vector<NamedCounts> counts_;  // one a provider
};

}  // namespace bellwether::policy
