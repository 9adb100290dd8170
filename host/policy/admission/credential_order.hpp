// Puts the credentials of a call's targets in the order in which they are tried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "plugin/instance.hpp"
#include "policy/limits/rules.hpp"
#include "policy/upstreams/upstreams.hpp"

namespace bellwether::policy {

// What is known of one credential when a call is to be sent.
struct CredentialOutlook {
    CredentialState state = {};
    Clock::duration wait{0};  // until its upstream has room for the call
    double share_left = 1;    // of its upstream's limits, 0 to 1; 1 if they are not known
};

// Makes one prospect of each credential of a target. They stand next to each other: those with room
// first, and of these the one with the largest share left; `random` says which comes first of those
// that are alike. Those set aside are marked as the last resort, and come after all others of the
// same chain. A target whose provider has one credential stays as it is, and so does one whose
// credentials are all missing. `count`: how many credentials a provider has. Pure.
void expand(std::vector<Prospect>& prospects,
            const std::function<std::size_t(std::size_t provider)>& count,
            const std::function<CredentialOutlook(const route::Candidate&)>& look,
            std::uint64_t random);

// The same by what is known of the upstreams, for a call of so many tokens (tokens_at_sending).
void expand_credentials(std::vector<Prospect>& prospects, const Upstreams& upstreams,
                        std::span<const plugin::ProviderSlot> slots, std::int64_t tokens,
                        std::uint64_t random);

}  // namespace bellwether::policy
