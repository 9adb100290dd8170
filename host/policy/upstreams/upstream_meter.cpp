#include "policy/upstreams/upstream_meter.hpp"

#include <algorithm>

namespace bellwether::policy {
namespace {

using std::chrono::milliseconds;

// The longest time for which no call is sent. What an upstream says of itself may be wrong, so
// after this time one call tries it.
constexpr milliseconds k_closed_max{60'000};
// For this long after a refusal the number of calls under way at once is limited.
constexpr milliseconds k_wary{60'000};
// The back-off after a refusal that asks for no wait. It doubles with each such refusal in a row.
constexpr milliseconds k_back_off_first{1'000};
constexpr milliseconds k_back_off_max{32'000};
// How long a call waits, while too many are under way, before it looks whether one has ended.
constexpr milliseconds k_look_again{20};

}  // namespace

void UpstreamMeter::Allowance::set(const ReportedLimit& said, std::int64_t unanswered,
                                   Clock::time_point now) {
    if (!said.sound()) return;
    limit = said.limit;
    remaining = std::min(said.remaining, said.limit) - std::min(unanswered, limit);
    at = now;
    full = now + said.reset;
    believed_until = now + k_closed_max;
}

// A call is counted with at most the whole limit, because its size comes from `max_tokens`, which a
// client may set to anything.
void UpstreamMeter::Allowance::take(std::int64_t amount, Clock::time_point now) {
    remaining -= std::min(amount, limit);
    if (now >= believed_until) believed_until = now + k_closed_max;
}

void UpstreamMeter::Allowance::give_back(std::int64_t amount) {
    remaining = std::min(remaining + std::min(amount, limit), limit);
}

UpstreamMeter::Clock::duration UpstreamMeter::Allowance::wait(std::int64_t amount,
                                                              Clock::time_point now) const {
    if (limit == 0 || now >= full) return {};
    // A call that is larger than the whole limit never fits. It is tried when all of the limit is
    // there.
    const std::int64_t missing = std::min(amount, limit) - remaining;
    if (missing <= 0) return {};
    const auto gone = limit - remaining;  // comes back between `at` and `full`
    const double share = static_cast<double>(missing) / static_cast<double>(gone);
    const auto there =
        at +
        Clock::duration(static_cast<Clock::rep>(static_cast<double>((full - at).count()) * share));
    return std::max(std::min(there, believed_until) - now, Clock::duration::zero());
}

double UpstreamMeter::Allowance::share_left(Clock::time_point now) const {
    if (limit == 0 || now >= full) return 1;
    const auto gone = static_cast<double>(limit - remaining);
    const double back =
        gone * static_cast<double>((now - at).count()) / static_cast<double>((full - at).count());
    const double share = (static_cast<double>(remaining) + back) / static_cast<double>(limit);
    return std::clamp(share, 0.0, 1.0);
}

double UpstreamMeter::share_left(Clock::time_point now) const {
    return std::min(requests_.share_left(now), tokens_.share_left(now));
}

UpstreamMeter::Clock::duration UpstreamMeter::wait(std::int64_t tokens,
                                                   Clock::time_point now) const {
    const auto level = std::max(requests_.wait(1, now), tokens_.wait(tokens, now));
    const auto closed = std::max(closed_until_ - now, Clock::duration::zero());
    const bool full = wary(now) && under_way_ >= window_;
    return std::max(
        {level, closed, full ? Clock::duration(k_look_again) : Clock::duration::zero()});
}

void UpstreamMeter::sent(std::int64_t tokens, Clock::time_point now) {
    ++under_way_;
    ++unanswered_;
    unanswered_tokens_ += tokens;
    requests_.take(1, now);
    tokens_.take(tokens, now);
}

// A response without figures is most likely an error, which takes no tokens; figures say how many
// are left.
void UpstreamMeter::answered(std::int64_t tokens) {
    --unanswered_;
    unanswered_tokens_ -= tokens;
    tokens_.give_back(tokens);
}

// Nobody knows whether the upstream's figures include the calls that it has not answered yet. The
// safe side is that they do not, so these calls are subtracted.
void UpstreamMeter::told(const SaidLimits& said, Clock::time_point now) {
    requests_.set(said.requests, unanswered_, now);
    tokens_.set(said.tokens, unanswered_tokens_, now);
}

void UpstreamMeter::served() {
    ++window_;
    back_off_ = milliseconds(0);
}

// A call that was sent before the last refusal says nothing new by being refused as well: only a
// later one halves the window again.
milliseconds UpstreamMeter::refused(std::optional<milliseconds> retry_after, Clock::time_point sent,
                                    std::int64_t under_way, Clock::time_point now) {
    // An upstream that refuses a call does not want it again at once, even if its header says so.
    if (retry_after && retry_after->count() <= 0) retry_after.reset();
    const bool new_refusal = !refused_at_ || sent >= *refused_at_;
    if (new_refusal) {
        window_ = std::max<std::int64_t>((wary(now) ? under_way_ : under_way) / 2, 1);
        if (!retry_after) {
            back_off_ = std::clamp(2 * back_off_, k_back_off_first, k_back_off_max);
        }
        refused_at_ = now;
    }
    const milliseconds wait =
        std::clamp(retry_after.value_or(back_off_), milliseconds(0), k_closed_max);
    if (new_refusal || retry_after) closed_until_ = std::max(closed_until_, now + wait);
    return retry_after.value_or(back_off_);
}

void UpstreamMeter::over(std::int64_t tokens, bool answered) {
    --under_way_;
    if (answered) return;
    --unanswered_;
    unanswered_tokens_ -= tokens;
    requests_.give_back(1);
    tokens_.give_back(tokens);
}

bool UpstreamMeter::wary(Clock::time_point now) const {
    return refused_at_ && now - *refused_at_ < k_wary;
}

bool UpstreamMeter::idle(Clock::time_point now) const {
    return under_way_ == 0 && now >= closed_until_ && now >= requests_.full &&
           now >= tokens_.full && !wary(now);
}

}  // namespace bellwether::policy
