#include "policy/upstreams/credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "observe/log.hpp"

namespace bellwether::policy {
namespace {

using std::chrono::milliseconds;

// How long a credential is set aside after its first refusal. The time doubles with each refusal in
// a row.
constexpr milliseconds k_aside_first = std::chrono::minutes(1);
constexpr milliseconds k_aside_longest = std::chrono::hours(1);

constexpr int k_count_bits = 8;
constexpr std::uint64_t k_count_max = (1u << k_count_bits) - 1;

struct RefusalsInARow {
    milliseconds last{0};  // since the clock's beginning
    std::uint64_t count = 0;

    static RefusalsInARow unpacked(std::uint64_t word) {
        return {milliseconds(word >> k_count_bits), word & k_count_max};
    }
    std::uint64_t packed() const {
        return static_cast<std::uint64_t>(last.count()) << k_count_bits | count;
    }
    milliseconds aside() const {
        milliseconds time = k_aside_first;
        for (std::uint64_t i = 1; i < count && time < k_aside_longest; ++i) time *= 2;
        return std::min(time, k_aside_longest);
    }
};

milliseconds since_beginning(Clock::time_point time) {
    return std::chrono::duration_cast<milliseconds>(time.time_since_epoch());
}

}  // namespace

Credentials::Credentials(const config::Config& config) : config_(config) {
    for (const auto& provider : config.providers) {
        refusals_.push_back(std::make_shared<std::vector<Refusals>>(
            std::max<std::size_t>(provider.api_keys.size(), 1)));
        has_several_ = has_several_ || provider.api_keys.size() > 1;
    }
}

void Credentials::keep(std::size_t provider, const Credentials& before, std::size_t index_before) {
    refusals_[provider] = before.refusals_[index_before];
}

void Credentials::accepted(const route::Candidate& candidate, Clock::time_point sent) {
    auto& packed = (*refusals_[candidate.provider])[candidate.credential].packed;
    std::uint64_t word = packed.load(std::memory_order_relaxed);
    if (word == 0 || since_beginning(sent) < RefusalsInARow::unpacked(word).last) return;
    if (!packed.compare_exchange_strong(word, 0, std::memory_order_relaxed)) return;
    observe::info("{} is accepted again", name_of(candidate));
}

void Credentials::refused(const route::Candidate& candidate, Clock::time_point sent,
                          ErrorKind why) {
    if (count(candidate.provider) < 2) return;
    auto& packed = (*refusals_[candidate.provider])[candidate.credential].packed;
    std::uint64_t word = packed.load(std::memory_order_relaxed);
    RefusalsInARow seen = RefusalsInARow::unpacked(word);
    if (word != 0 && since_beginning(sent) < seen.last) return;
    seen = {since_beginning(Clock::now()), std::min(seen.count + 1, k_count_max)};
    // If another thread is first, its refusal is the same one.
    if (!packed.compare_exchange_strong(word, seen.packed(), std::memory_order_relaxed)) return;
    observe::warn("{} is set aside for {} s: {}", name_of(candidate),
                  std::chrono::duration_cast<std::chrono::seconds>(seen.aside()).count(),
                  why == ErrorKind::quota ? "its upstream says that its account is out of credit"
                                          : "its upstream does not accept it");
}

std::string Credentials::name_of(const route::Candidate& candidate) const {
    return fmt::format("provider \"{}\": credential {} ({})",
                       config_.providers[candidate.provider].name, candidate.credential,
                       reference(candidate.provider, candidate.credential));
}

std::string_view Credentials::reference(std::size_t provider, std::size_t credential) const {
    const auto& references = config_.providers[provider].api_keys;
    return credential < references.size() ? std::string_view(references[credential].reference)
                                          : std::string_view();
}

CredentialState Credentials::state(std::size_t provider, std::size_t credential) const {
    const std::uint64_t word =
        (*refusals_[provider])[credential].packed.load(std::memory_order_relaxed);
    if (word == 0) return {};
    const RefusalsInARow seen = RefusalsInARow::unpacked(word);
    const Clock::time_point until(seen.last + seen.aside());
    if (Clock::now() >= until) return {};
    return {.use = CredentialUse::set_aside, .until = until};
}

}  // namespace bellwether::policy
