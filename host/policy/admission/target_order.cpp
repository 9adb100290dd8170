#include "policy/admission/target_order.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "policy/cost/cost.hpp"
#include "route/order.hpp"

namespace bellwether::policy {
namespace {

// So many bytes of a prompt's beginning decide where a sticky route sends it: enough to tell apart
// what callers begin their prompts with.
constexpr std::size_t k_prompt_bytes = 1024;

bool has(const config::Route& route, config::Strategy strategy) {
    return std::ranges::find(route.strategies, strategy) != route.strategies.end();
}

std::string_view beginning_of_prompt(const Call& call) {
    const BodySpan prompt = call.asked.prompt_value;
    return std::string_view(call.body).substr(prompt.offset,
                                              std::min(prompt.length, k_prompt_bytes));
}

std::string_view named(const Call& call, const config::StickyBy& by) {
    switch (by.of) {
        case config::StickyBy::Of::key: return call.key;
        case config::StickyBy::Of::user: return call.user;
        case config::StickyBy::Of::prompt: return {};
        case config::StickyBy::Of::header: break;
    }
    const auto found = std::ranges::find(call.forwarded, by.header, &Forwarded::name);
    return found == call.forwarded.end() ? std::string_view() : std::string_view(found->value);
}

}  // namespace

bool compares_costs(const config::Route& route) { return has(route, config::Strategy::cheapest); }

std::uint64_t sticky_hash(const Call& call, const config::StickyBy& by) {
    const std::string_view name = named(call, by);
    return route::hash_of(name.empty() ? beginning_of_prompt(call) : name);
}

// What only one strategy looks at is found out for that strategy alone.
route::Contender TargetOrder::contender_of(const Prospect& prospect, Clock::time_point now) const {
    const route::Candidate& target = prospect.target;
    const route::TargetStates& states = upstreams_.targets;
    route::Contender contender{.tier = target.target == nullptr ? 1 : target.target->tier,
                               .weight = target.weight,
                               .service = states.service(target.id, now),
                               .out_since = states.out_since(target.id),
                               .under_way = states.under_way(target.id)};
    if (has(route_, config::Strategy::least_latency)) {
        contender.latency = states.latency(
            target.id, call_.stream ? route::AnswerForm::stream : route::AnswerForm::plain);
    }
    if (has(route_, config::Strategy::cheapest)) {
        contender.cost_micro_usd = cost_of(estimated_usage(prospect), target.price);
    }
    if (has(route_, config::Strategy::sticky)) {
        contender.identity = route::hash_of(target.model, route::hash_of(prospect.provider));
    }
    return contender;
}

void TargetOrder::put(std::span<Prospect> prospects) const {
    for (std::span<Prospect> rest = prospects; !rest.empty();) {
        const auto end = std::ranges::find_if(rest, [&](const Prospect& one) {
            return one.target.chain != rest.front().target.chain;
        });
        const auto size = static_cast<std::size_t>(end - rest.begin());
        put_chain(rest.first(size));
        rest = rest.subspan(size);
    }
}

void TargetOrder::put_chain(std::span<Prospect> prospects) const {
    if (prospects.size() < 2) return;
    const auto now = Clock::now();
    std::vector<route::Contender> contenders;
    contenders.reserve(prospects.size());
    for (const Prospect& one : prospects) contenders.push_back(contender_of(one, now));
    const bool sticky = has(route_, config::Strategy::sticky);
    const route::Draw draw{.random = random_,
                           .sticky = sticky ? sticky_hash(call_, route_.sticky_by) : 0};
    const auto order = route::order(contenders, route_.strategies, draw);
    std::vector<Prospect> ordered;
    ordered.reserve(prospects.size());
    for (const std::size_t at : order) {
        ordered.push_back(std::move(prospects[at]));
        ordered.back().service = contenders[at].service;
    }
    std::ranges::move(ordered, prospects.begin());
}

}  // namespace bellwether::policy
