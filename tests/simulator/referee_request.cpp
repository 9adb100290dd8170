// What the referee asks of the request of a try: what its target adds and takes out, and with which
// of its provider's keys it goes.
#include <fmt/format.h>

#include <algorithm>

#include "json/value.hpp"
#include "policy/limits/rule_match.hpp"
#include "referee.hpp"
#include "rules.hpp"

namespace bellwether::simulator {
namespace {

// A member that no client of the simulation sends.
constexpr std::string_view k_only_set = "temperature";

}  // namespace

void Referee::judge_request(const Stand& stand, const Request& request, const std::string& name) {
    const config::Target& target = *stand.target.target;
    bool is_set = false;
    for (const config::Option& option : target.set) {
        is_set = is_set || option.key == k_only_set;
        const json::Value value = request.body[option.key];
        require(value && (option.key != k_only_set || value.raw() == option.json),
                fmt::format("{}: the target sets {}", name, option.key));
    }
    require(is_set || !request.body[k_only_set],
            fmt::format("{}: nobody has set {}", name, k_only_set));
    for (const std::string& member : target.drop) {
        require(!request.body[member], fmt::format("{}: the target drops {}", name, member));
    }
    if (is_set) tally_.count(Happening::changed);
}

// ---- keys ---------------------------------------------------------------------------------------

// Those of the target's keys that are not set aside, as bits.
std::uint32_t Referee::accepted_keys(const route::Candidate& target) const {
    std::uint32_t accepted = 0;
    for (std::size_t i = 0; i < upstreams_.credentials.count(target.provider); ++i) {
        if (keys_.is_ready({target.provider, i})) accepted |= 1U << i;
    }
    return accepted;
}

// Those that have room as well.
std::uint32_t Referee::ready_keys(const route::Candidate& target) const {
    std::uint32_t ready = accepted_keys(target);
    for (std::size_t i = 0; ready >> i != 0; ++i) {
        route::Candidate with_key = target;
        with_key.credential = i;
        const bool has_room = upstreams_.limits.wait(with_key, k_tokens).count() == 0;
        if (!has_room) ready &= ~(1U << i);
    }
    return ready;
}

// Those that were not a last resort when the call came in, either.
std::uint32_t Referee::ready_keys(const Stand& stand) const {
    return stand.keys_offered & ready_keys(stand.target);
}

// A key that was set aside when the call came in is used before its time only if no other one of
// the provider can be.
void Referee::judge_key(const Watched& call, const Stand& stand, std::size_t key,
                        const std::string& name) {
    if (upstreams_.credentials.count(stand.target.provider) < 2) return;
    if (stand.keys_tried != 0 && (stand.keys_tried >> key & 1U) == 0) {
        tally_.count(Happening::other_keys);
    }
    if (!keys_.is_aside({stand.target.provider, key}, call.asked)) return;
    const std::uint32_t others =
        stand.keys_ready & ready_keys(stand) & ~stand.keys_tried & ~(1U << key);
    require(others == 0,
            fmt::format("{}: key {} is set aside, and others of its provider are not", name, key));
    tally_.count(Happening::keys_of_last_resort);
}

// What the answer says of the key of its try.
void Referee::note_key(const Watched& call, const OneTry& one) {
    const KeyBook::Key key{call.stands[one.stand].target.provider, one.key};
    switch (one.says_of_key) {
        case OfKey::refuses:
            keys_.refused(key, one.began);
            return tally_.count(Happening::keys_refused);
        case OfKey::accepts: return keys_.accepted(key, one.began);
        case OfKey::unclear: return keys_.answered_unclearly(key, one.began);
        case OfKey::nothing: break;
    }
}

// Whether a try with this key is a repetition: the call was tried there before, and not only with
// other keys to which the errors were due.
bool Referee::is_repetition(const Watched& call, std::size_t stand, std::size_t key) const {
    return std::ranges::any_of(call.tries, [&](const OneTry& one) {
        return one.stand == stand && (one.key == key || one.blame != Blame::key);
    });
}

// ---- where a call could go ----------------------------------------------------------------------

bool Referee::in_service(const route::Candidate& target) const {
    return upstreams_.targets.service(target.id, Clock::now()) == route::Service::in;
}

bool Referee::has_room(const route::Candidate& target) const { return ready_keys(target) != 0; }

// Whether calls stand in its line, which a newcomer must not pass.
bool Referee::is_waited_for(const route::Candidate& target) const {
    const std::string line = policy::limit_name_of(host_.config.providers[target.provider]);
    return std::ranges::any_of(
        waiting_, [&](const auto& limit) { return limit.first == line && *limit.second != 0; });
}

// Whether a limit or a budget of its own may keep calls from the provider.
bool Referee::is_limited(std::size_t provider) const {
    return host_.config.providers[provider].max_concurrent > 0;
}

// Whether a rule of the configuration may take the target out of the call's offer.
bool Referee::may_be_left_out(const Watched& call, const route::Candidate& target) const {
    const std::string& provider = host_.config.providers[target.provider].name;
    const policy::Facts facts{.user = call.user,
                              .model = call.route->model,
                              .provider = provider,
                              .route = call.route->model};
    const auto counts = [&](const auto& rule) {
        return policy::depends_on_provider(rule.scope) && policy::fits(rule.scope, facts);
    };
    return is_limited(target.provider) || std::ranges::any_of(host_.config.budgets, counts) ||
           std::ranges::any_of(host_.config.limits, counts);
}

}  // namespace bellwether::simulator
