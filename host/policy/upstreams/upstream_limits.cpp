#include "policy/upstreams/upstream_limits.hpp"

#include <algorithm>
#include <utility>

#include "policy/estimate/estimate.hpp"

namespace bellwether::policy {
namespace {

// The most models with a meter at one upstream. Where a route has a glob, clients choose the names
// of models, and could fill the memory with them.
constexpr std::size_t k_meters_max = 1'000;
// What a client is told to wait where no meter could be made.
constexpr std::chrono::milliseconds k_unmetered_wait{1'000};

constexpr std::size_t k_bytes_for_token = 4;
// The most tokens that a prompt is counted with. A body that would have more has pictures or files
// in it, which no upstream counts by their bytes.
constexpr std::size_t k_prompt_tokens_max = 100'000;

}  // namespace

std::int64_t tokens_at_sending(const Call& call, const AskedInBody& asked) {
    const auto prompt = std::min(call.body.size() / k_bytes_for_token, k_prompt_tokens_max);
    return static_cast<std::int64_t>(prompt) +
           std::clamp<std::int64_t>(asked.max_tokens, 0, k_choice_tokens_max);
}

UpstreamLimits::Customer UpstreamLimits::customer_of(const config::Provider& provider,
                                                     std::size_t credential) {
    std::vector<std::string> secrets;
    for (const auto& secret : provider.secrets) {
        const bool is_one_of_several = credential < provider.api_keys.size() &&
                                       secret.name == provider.api_keys[credential].name;
        secrets.push_back(is_one_of_several ? provider.api_keys[credential].reference
                                            : secret.reference);
    }
    return {provider.plugin, provider.base_url, std::move(secrets)};
}

UpstreamLimits::UpstreamLimits(const config::Config& config, const UpstreamLimits* before) {
    for (const config::Provider& provider : config.providers) {
        auto& accounts = accounts_.emplace_back();
        do {
            const Customer customer = customer_of(provider, accounts.size());
            auto& account = customers_[customer];
            if (!account && before != nullptr) {
                const auto known = before->customers_.find(customer);
                if (known != before->customers_.end()) account = known->second;
            }
            if (!account) account = std::make_shared<Account>();
            accounts.push_back(account);
        } while (accounts.size() < provider.api_keys.size());
        NamedCounts& here = counts_.emplace_back(provider.name, nullptr);
        for (std::size_t i = 0; before != nullptr && i < before->counts_.size(); ++i) {
            if (before->counts_[i].provider == provider.name)
                here.counts = before->counts_[i].counts;
        }
        if (!here.counts) here.counts = std::make_shared<Counts>();
    }
}

UpstreamLimits::Clock::duration UpstreamLimits::wait(const route::Candidate& candidate,
                                                     std::int64_t tokens) const {
    if (!knows(candidate)) return {};
    Account& account = account_of(candidate);
    const Lock lock(account.mutex);
    const auto found = account.meters.find(candidate.model);
    if (found == account.meters.end()) return {};
    return found->second.wait(tokens, Clock::now());
}

double UpstreamLimits::share_left(const route::Candidate& candidate) const {
    if (!knows(candidate)) return 1;
    Account& account = account_of(candidate);
    const Lock lock(account.mutex);
    const auto found = account.meters.find(candidate.model);
    return found == account.meters.end() ? 1 : found->second.share_left(Clock::now());
}

void UpstreamLimits::count(std::size_t provider, Effect outcome) {
    (*counts_[provider].counts)[static_cast<std::size_t>(outcome)].fetch_add(
        1, std::memory_order_relaxed);
}

std::uint64_t UpstreamLimits::counted(std::size_t provider, std::size_t outcome) const {
    return (*counts_[provider].counts)[outcome].load(std::memory_order_relaxed);
}

UpstreamLimits::CountedTrip::CountedTrip(UpstreamLimits& limits, const route::Candidate& candidate,
                                         std::int64_t tokens)
    : account_(limits.account_of(candidate)),
      model_(candidate.model),
      tokens_(tokens),
      sent_(Clock::now()) {
    account_.under_way.fetch_add(1, std::memory_order_relaxed);
    if (!account_.has_meters.load(std::memory_order_relaxed)) return;
    const Lock lock(account_.mutex);
    UpstreamMeter* const known = meter(false);
    if (known == nullptr) return;
    known->sent(tokens_, sent_);
    metered_ = true;
}

UpstreamLimits::CountedTrip::~CountedTrip() {
    account_.under_way.fetch_sub(1, std::memory_order_relaxed);
    if (!metered_) return;
    const Lock lock(account_.mutex);
    meter(false)->over(tokens_, answered_);
}

void UpstreamLimits::CountedTrip::answered() {
    if (!metered_ || answered_) return;
    const Lock lock(account_.mutex);
    meter(false)->answered(tokens_);
    answered_ = true;
}

void UpstreamLimits::CountedTrip::told(const SaidLimits& said) {
    if (!said.requests.sound() && !said.tokens.sound()) return;
    const Lock lock(account_.mutex);
    UpstreamMeter* const known = meter(true);
    if (known != nullptr) known->told(said, Clock::now());
}

void UpstreamLimits::CountedTrip::served() {
    if (!metered_) return;
    const Lock lock(account_.mutex);
    meter(false)->served();
}

std::chrono::milliseconds UpstreamLimits::CountedTrip::refused(
    std::optional<std::chrono::milliseconds> retry_after) {
    const Lock lock(account_.mutex);
    UpstreamMeter* const known = meter(true);
    if (known == nullptr) return retry_after.value_or(k_unmetered_wait);
    return known->refused(retry_after, sent_, account_.under_way.load(std::memory_order_relaxed),
                          Clock::now());
}

// The meter of the trip's model. If there is none yet and `make` is true, it is made. Null: there
// is none, or there are too many to make another.
UpstreamMeter* UpstreamLimits::CountedTrip::meter(bool make) {
    auto& meters = account_.meters;
    if (const auto found = meters.find(model_); found != meters.end()) return &found->second;
    if (!make) return nullptr;
    if (meters.size() >= k_meters_max) {
        const auto now = Clock::now();
        std::erase_if(meters, [now](const auto& each) { return each.second.idle(now); });
        if (meters.size() >= k_meters_max) return nullptr;
    }
    account_.has_meters.store(true, std::memory_order_relaxed);
    return &meters[model_];
}

}  // namespace bellwether::policy
