#include "policy/admission/credential_order.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace bellwether::policy {
namespace {

using Look = std::function<CredentialOutlook(const route::Candidate&)>;

// One prospect for each of the credentials that can be used, the best first.
std::vector<Prospect> each_credential(const Prospect& target, std::size_t count, const Look& look,
                                      std::uint64_t random) {
    std::vector<std::pair<CredentialOutlook, Prospect>> all;
    for (std::size_t i = 0; i < count; ++i) {
        Prospect one = target;
        one.target.credential = (random % count + i) % count;
        const CredentialOutlook outlook = look(one.target);
        if (outlook.state.use == CredentialUse::missing) continue;
        one.target.last_resort = outlook.state.use == CredentialUse::set_aside;
        all.emplace_back(outlook, std::move(one));
    }
    // Of those set aside the one comes first whose time is over first.
    std::ranges::stable_sort(all, {}, [](const auto& each) {
        const CredentialOutlook& outlook = each.first;
        return std::tuple(outlook.state.use, outlook.state.until, outlook.wait,
                          -outlook.share_left);
    });
    std::vector<Prospect> ordered;
    for (auto& [outlook, one] : all) ordered.push_back(std::move(one));
    return ordered;
}

void put_last_resorts_last(std::vector<Prospect>& prospects) {
    for (auto begin = prospects.begin(); begin != prospects.end();) {
        const auto end = std::find_if(begin, prospects.end(), [begin](const Prospect& one) {
            return one.target.chain != begin->target.chain;
        });
        std::stable_partition(begin, end,
                              [](const Prospect& one) { return !one.target.last_resort; });
        begin = end;
    }
}

}  // namespace

void expand(std::vector<Prospect>& prospects,
            const std::function<std::size_t(std::size_t provider)>& count, const Look& look,
            std::uint64_t random) {
    std::vector<Prospect> expanded;
    for (Prospect& one : prospects) {
        const std::size_t credentials = count(one.target.provider);
        auto several = credentials < 2 ? std::vector<Prospect>()
                                       : each_credential(one, credentials, look, random);
        if (several.empty()) several.push_back(std::move(one));
        std::ranges::move(several, std::back_inserter(expanded));
    }
    put_last_resorts_last(expanded);
    prospects = std::move(expanded);
}

void expand_credentials(std::vector<Prospect>& prospects, const Upstreams& upstreams,
                        std::span<const plugin::ProviderSlot> slots, std::int64_t tokens,
                        std::uint64_t random) {
    const Credentials& credentials = upstreams.credentials;
    if (!credentials.has_several()) return;
    const auto look = [&](const route::Candidate& candidate) -> CredentialOutlook {
        if (!slots[candidate.provider].provider().has_credential(candidate.credential)) {
            return {.state = {.use = CredentialUse::missing}};
        }
        return {.state = credentials.state(candidate.provider, candidate.credential),
                .wait = upstreams.limits.wait(candidate, tokens),
                .share_left = upstreams.limits.share_left(candidate)};
    };
    expand(
        prospects, [&](std::size_t provider) { return credentials.count(provider); }, look, random);
}

}  // namespace bellwether::policy
