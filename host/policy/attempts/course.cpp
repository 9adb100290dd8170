#include "policy/attempts/course.hpp"

#include <algorithm>

namespace bw::policy {
namespace {

// The chain that is tried after an error of this kind, if the route has it.
route::Chain chain_for(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::context_length: return route::Chain::context_length;
        case ErrorKind::content_filter: return route::Chain::content_filter;
        default: return route::Chain::none;
    }
}

// Whether the error says something of the credential alone, so that another one may do.
bool is_of_credential(ErrorKind kind) {
    return kind == ErrorKind::rate || kind == ErrorKind::auth || kind == ErrorKind::quota;
}

}  // namespace

bool are_one_place(const route::Candidate& a, const route::Candidate& b) {
    return a.id == b.id && a.provider == b.provider && a.model == b.model && a.chain == b.chain;
}

bool Course::has_chain(route::Chain chain) const {
    return chain != route::Chain::none && std::ranges::any_of(targets_, [&](const Prospect& one) {
               return one.target.chain == chain;
           });
}

void Course::failed(std::size_t target, const Error& error, Clock::time_point now,
                    Clock::duration pause) {
    ++stops_[target].failures;
    if (const route::Chain chain = chain_for(error.kind); chain != chain_ && has_chain(chain)) {
        chain_ = chain;
        stops_[target].spent = true;
        return;
    }
    if (!may_fall_back(error.kind)) {
        for (Stop& stop : stops_) stop.spent = true;
        return;
    }
    const bool passes = may_pass(error);
    for (std::size_t i = 0; i < stops_.size(); ++i) {
        const bool concerned =
            i == target || (!is_of_credential(error.kind) &&
                            are_one_place(targets_[i].target, targets_[target].target));
        if (!concerned) continue;
        stops_[i].spent = stops_[i].spent || !passes;
        stops_[i].begun = true;
        stops_[i].not_before = std::max(stops_[i].not_before, now + pause);
    }
}

unsigned Course::failures(std::size_t target) const {
    unsigned sum = 0;
    for (std::size_t i = 0; i < stops_.size(); ++i) {
        if (are_one_place(targets_[i].target, targets_[target].target)) sum += stops_[i].failures;
    }
    return sum;
}

std::vector<NextTry> Course::open(Clock::time_point now, const Look& look) const {
    std::vector<NextTry> all;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        if (!is_open(i)) continue;
        const Outlook outlook = look(targets_[i]);
        const auto pause = std::max(stops_[i].not_before - now, Clock::duration::zero());
        const config::Target* const own = targets_[i].target.target;
        all.push_back({.target = i,
                       .repeats = stops_[i].begun,
                       .failing = outlook.failing,
                       .continues = outlook.continues,
                       .wait = std::max(outlook.wait, pause),
                       .attempts_max = (own == nullptr ? config::Retry{} : own->retry).attempts});
    }
    return all;
}

}  // namespace bw::policy
