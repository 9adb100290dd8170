#include "policy/attempts/course.hpp"

#include <algorithm>

namespace bellwether::policy {
namespace {

// The chain that is tried after an error of this kind, if the route has it.
route::Chain chain_for(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::context_length: return route::Chain::context_length;
        case ErrorKind::content_filter: return route::Chain::content_filter;
        default: return route::Chain::none;
    }
}

// Whether the two are asked with one credential.
bool share_credential(const route::Candidate& a, const route::Candidate& b) {
    return a.provider == b.provider && a.credential == b.credential;
}

// Whether the error says something of the credential alone, so that another one may do.
bool is_of_credential(const Error& error) {
    return error.kind == ErrorKind::rate || error.kind == ErrorKind::auth ||
           error.kind == ErrorKind::quota;
}

// Whether what `error` says of a target that failed holds for another one as well. A rate limit is
// of one model and one credential. A credential that is refused or has no money left is so for each
// model, but 403 may mean this model alone. Anything else has nothing to do with credentials.
bool concerns(const Error& error, const route::Candidate& failed, const route::Candidate& other) {
    constexpr int k_forbidden = 403;
    if (!is_of_credential(error)) return are_one_place(failed, other);
    return error.kind != ErrorKind::rate && error.http_status != k_forbidden &&
           share_credential(failed, other);
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
    refused_ = is_of_credential(error) ? std::optional(target) : std::nullopt;
    // The call goes to the chain, or on to the next target of it.
    if (const route::Chain chain = chain_for(error.kind); has_chain(chain)) {
        chain_ = chain;
        return close(target);
    }
    if (!may_fall_back(error.kind)) {
        for (Stop& stop : stops_) stop.spent = true;
        return;
    }
    const bool passes = may_pass(error);
    const route::Candidate& place = targets_[target].target;
    for (std::size_t i = 0; i < stops_.size(); ++i) {
        if (i != target && !concerns(error, place, targets_[i].target)) continue;
        stops_[i].spent = stops_[i].spent || !passes;
        stops_[i].begun = true;
        stops_[i].not_before = std::max(stops_[i].not_before, now + pause);
    }
}

void Course::close(std::size_t target) {
    for (std::size_t i = 0; i < stops_.size(); ++i) {
        if (are_one_place(targets_[i].target, targets_[target].target)) stops_[i].spent = true;
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
        all.push_back({.target = i,
                       .repeats = stops_[i].begun,
                       .failing = outlook.failing,
                       .last_resort = targets_[i].target.last_resort,
                       .continues = outlook.continues,
                       .other_key = refused_ && i != *refused_ && !stops_[i].begun &&
                                    are_one_place(targets_[i].target, targets_[*refused_].target),
                       .wait = std::max(outlook.wait, pause)});
    }
    return all;
}

}  // namespace bellwether::policy
