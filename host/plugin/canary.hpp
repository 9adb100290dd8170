// A canary: a new version of a provider's plugin that gets a share of the provider's new calls for
// a time, before it gets all of them or none. `CanaryRecord` is how it goes: it belongs to all
// configurations that the canary lives through, and any thread may use it. Workers count in it
// without a lock.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"

namespace bellwether::plugin {

struct LoadedProvider;

// How an attempt ended, as far as that may say something of the version.
enum class VersionEnd : std::uint8_t {
    ok,
    failed,  // its target has
    refused  // as wrong, or as too much; the client's request may be, or what the version made of
             // it
};

// The attempts of one version that have ended. One that was given up, or that failed as the same
// call had before, is not among them.
class VersionCount {
  public:
    void ended(VersionEnd how) {
        counts_[static_cast<std::size_t>(how)].fetch_add(1, std::memory_order_relaxed);
    }
    std::uint64_t of(VersionEnd how) const {
        return counts_[static_cast<std::size_t>(how)].load(std::memory_order_relaxed);
    }
    std::uint64_t all() const {
        return of(VersionEnd::ok) + of(VersionEnd::failed) + of(VersionEnd::refused);
    }

  private:
    std::array<std::atomic<std::uint64_t>, 3> counts_{};
};

enum class CanaryState : std::uint8_t {
    running,
    passed,    // the new version gets all calls
    went_back  // the old one does, for the new one failed or refused more
};

// What a new version is given.
struct CanaryTerms {
    int share = 0;  // of new calls, in hundredths of a percent
    std::chrono::milliseconds time{0};

    bool operator==(const CanaryTerms&) const = default;
};

class CanaryRecord {
  public:
    // From so many attempts of the new version on it can go back before its time is over.
    static constexpr std::uint64_t k_attempts_min = 20;

    // `version` and `sha256` are the new file's. Its time begins now.
    CanaryRecord(CanaryTerms terms, std::string version, std::string sha256);

    // Whether the next call goes to the new version. Its calls are spread evenly over all.
    bool takes_next();

    // What is to become of the canary, by what has been counted.
    CanaryState judge(Clock::time_point now) const;
    // Once; from now on all calls go where the state says.
    void decide(CanaryState state) { state_.store(state, std::memory_order_relaxed); }
    CanaryState state() const { return state_.load(std::memory_order_relaxed); }

    const CanaryTerms& terms() const { return terms_; }
    const std::string& version() const { return version_; }
    const std::string& sha256() const { return sha256_; }
    std::chrono::system_clock::time_point since() const { return since_; }

    VersionCount of_new;
    VersionCount of_old;  // since the canary began

  private:
    const CanaryTerms terms_;
    const std::string version_;
    const std::string sha256_;
    const std::chrono::system_clock::time_point since_ = Clock::wall();
    const Clock::time_point until_;
    std::atomic<CanaryState> state_{CanaryState::running};
    std::atomic<std::uint64_t> turns_{0};
};

struct Canary {
    std::shared_ptr<const LoadedProvider> provider;  // with the new version; null: it went back
    std::shared_ptr<CanaryRecord> record;            // never null
};

}  // namespace bellwether::plugin
