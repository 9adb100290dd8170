// Remembers which of a provider's credentials its upstream has refused. Such a credential is set
// aside for a time, so that the others serve meanwhile. One object serves all workers, from any
// thread, and takes no lock. Only providers with several credentials are looked at: a single one is
// used whatever was said of it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "route/table.hpp"

namespace bellwether::policy {

enum class CredentialUse : std::uint8_t {
    ready,
    set_aside,  // its upstream has refused it; it is the last resort
    missing,    // the host has no value for it, so that it is never used
};

struct CredentialState {
    CredentialUse use = CredentialUse::ready;
    Clock::time_point until{};  // it is set aside till then
};

class Credentials {
  public:
    // The configuration must outlive it, and stay where it is.
    explicit Credentials(const config::Config& config);

    // From the start: the provider's credentials are those that `before` knows at that index.
    void keep(std::size_t provider, const Credentials& before, std::size_t index_before);

    // The upstream has accepted, or refused, a call that was sent at `sent` with the candidate's
    // credential. What happens to a call that was sent before the last refusal says nothing new.
    void accepted(const route::Candidate& candidate, Clock::time_point sent);
    void refused(const route::Candidate& candidate, Clock::time_point sent, ErrorKind why);

    // True if any provider has more than one.
    bool has_several() const { return has_several_; }
    // How many credentials a provider has; at least 1.
    std::size_t count(std::size_t provider) const { return refusals_[provider]->size(); }
    // Where a credential of several comes from, such as "env:NAME"; never its value.
    std::string_view reference(std::size_t provider, std::size_t credential) const;
    // Does not know which are missing (plugin::LoadedProvider::has_credential).
    CredentialState state(std::size_t provider, std::size_t credential) const;

  private:
    // When the credential was refused the last time, and how many times in a row, packed; 0: not
    // since it was accepted.
    struct Refusals {
        std::atomic<std::uint64_t> packed{0};
    };

    std::string name_of(const route::Candidate& candidate) const;

    const config::Config& config_;
    std::vector<std::shared_ptr<std::vector<Refusals>>>
        refusals_;  // of each provider's credentials
    bool has_several_ = false;
};

}  // namespace bellwether::policy
