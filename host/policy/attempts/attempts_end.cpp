// What is known of the attempts of a call at its end.
#include <algorithm>
#include <utility>

#include "base/clock.hpp"
#include "policy/attempts/attempts.hpp"
#include "policy/attempts/useful_error.hpp"
#include "policy/cost/cost.hpp"

namespace bellwether::policy {

FailedAttempt Attempts::failed_attempt(const Leg& leg, const Error& error,
                                       Followed followed) const {
    const route::Candidate& target = targets_[leg.at].target;
    return {.provider = engine_.slots[target.provider].provider().name,
            .model = target.model,
            .kind = error.kind,
            .code = error.code,
            .usage = leg.tried.reckon(std::unexpected(error)).usage,
            .price = target.price,
            .duration = Clock::now() - leg.tried.started(),
            .followed = followed,
            .continued = leg.has_continued()};
}

void Attempts::note(const Leg& leg, const Error& error, Followed followed) {
    failures_.push_back(failed_attempt(leg, error, followed));
    if (failures_.back().usage.source != UsageSource::none) held_.use(place_of(leg.at));
    const bool begun = leg.tried.commitment() != Commitment::none;
    if (continuation_ && begun) continuation_->broke_off(failures_.back());
    if (error.kind == ErrorKind::cancelled) return;
    if (!best_error_ || is_more_useful(error, *best_error_)) best_error_ = error;
}

// What the client is told after the last try.
Error Attempts::told(const Leg& leg, GiveUp why) const {
    if (leg.tried.commitment() != Commitment::none) return *leg.error;
    if (why == GiveUp::late && leg.error->code != k_deadline_exceeded) return past_deadline();
    const bool last = !best_error_ || is_more_useful(*leg.error, *best_error_);
    Error error = last ? *leg.error : *best_error_;
    // The client's own repetitions would multiply those of the host. But it may wait for longer
    // than the host could, where the upstream says for how long and the SDKs believe it.
    constexpr std::chrono::seconds k_sdks_wait_max{60};
    const bool told_when = error.retry_after && *error.retry_after <= k_sdks_wait_max;
    const bool repeated = std::ranges::any_of(failures_, [](const FailedAttempt& failed) {
        return failed.followed == Followed::same_target;
    });
    error.final = error.final || why == GiveUp::attempts_spent || why == GiveUp::budget_spent ||
                  (repeated && !told_when);
    return error;
}

void Attempts::finish(Result<void> result) {
    if (alarm_) alarm_->cancel();
    const CallEnd ended = outcome(std::move(result));
    if (ended.result) {
        Leg& last = *legs_[lead_];
        (last.rest ? last.rest->reckoner : reckoner_).learn(target(), last.tried.heard());
        if (last.rest) {
            const std::string usage = continuation_->usage_chunk(ended.usage, ended.cost_micro_usd);
            if (!usage.empty()) replies_.on_chunk(usage);
        } else {
            last.tried.send_usage(ended.usage, ended.cost_micro_usd);
        }
    }
    replies_.on_end(ended);
}

CallEnd Attempts::outcome(Result<void> result) const {
    std::vector<FailedAttempt> failures = failures_;
    // Between two tries the last one that failed is the last attempt.
    if (pausing_since_) failures.pop_back();
    if (const Leg* const runs = other(leg()); runs != nullptr && !result) {
        failures.push_back(failed_attempt(*runs, result.error(), Followed::hedge));
    }
    const Result<void> own = leg().error ? Result<void>(std::unexpected(*leg().error)) : result;
    const Reckoned reckoned = leg().tried.reckon(own);
    return {.result = std::move(result),
            .usage = reckoned.usage,
            .doubt = reckoned.doubt,
            .provider = std::string(provider()),
            .model = target().model,
            .upstream_id = leg().tried.upstream_id(),
            .attributes = leg().tried.notes().attributes(),
            .attempts = count_,
            .waited = waited(),
            .failures = std::move(failures),
            .cost_micro_usd = cost_of(reckoned.usage, target().price),
            .price = target().price,
            .last_error = leg().error,
            .continued = leg().has_continued()};
}

}  // namespace bellwether::policy
