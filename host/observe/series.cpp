#include "observe/series.hpp"

#include <algorithm>

namespace bellwether::observe {
namespace {

// Every status that the host sends of itself, or lets an upstream set.
constexpr std::array k_codes{200, 400, 401, 403, 404, 405, 408, 409, 411, 413, 414, 415, 417,
                             421, 422, 429, 431, 499, 500, 501, 502, 503, 504, 505, 520, 529};

// The key of a result's slot. It is never zero, as zero marks a free slot.
std::uint32_t pack(int code, std::size_t error) {
    const bool known = std::ranges::find(k_codes, code) != k_codes.end();
    return (known ? static_cast<std::uint32_t>(code) << 8 : 0) + static_cast<std::uint32_t>(error) +
           1;
}

std::size_t hash(SeriesKey key) {
    const std::uint64_t packed =
        std::uint64_t{key.route} << 32 | std::uint64_t{key.provider} << 16 | key.model;
    return static_cast<std::size_t>((packed * 0x9E3779B97F4A7C15u) >> 32);
}

}  // namespace

void Results::add(int code, std::size_t error, std::uint64_t count) {
    const std::uint32_t wanted = pack(code, error);
    for (Slot& slot : slots_) {
        const std::uint32_t key = slot.key.load(std::memory_order_relaxed);
        if (key != 0 && key != wanted && &slot != &slots_.back()) continue;
        slot.count.add(count);
        if (key == 0) slot.key.store(wanted, std::memory_order_release);
        return;
    }
}

void Results::add(const Results& other) {
    for (std::size_t i = 0; i < k_results_max; ++i) {
        const ResultCount result = other.at(i);
        if (result.count == 0) return;
        add(result.code, result.error, result.count);
    }
}

Results::ResultCount Results::at(std::size_t index) const {
    if (index >= k_results_max) return {};
    const std::uint32_t key = slots_[index].key.load(std::memory_order_acquire);
    if (key == 0) return {};
    return {.code = static_cast<int>((key - 1) >> 8),
            .error = (key - 1) & 0xff,
            .count = slots_[index].count.value()};
}

void Series::count_tokens(const Usage& usage) {
    auto& counters = tokens[static_cast<std::size_t>(usage.source)];
    const auto count = [&counters](TokenType type, std::int64_t amount) {
        if (amount > 0) {
            counters[static_cast<std::size_t>(type)].add(static_cast<std::uint64_t>(amount));
        }
    };
    count(TokenType::input, usage.input_tokens);
    count(TokenType::output, usage.output_tokens);
    count(TokenType::cached, usage.cached_input_tokens);
    count(TokenType::reasoning, usage.reasoning_tokens);
}

void Series::add(const Series& other) {
    results.add(other.results);
    duration.add(other.duration);
    overhead.add(other.overhead);
    first_token.add(other.first_token);
    between_tokens.add(other.between_tokens);
    for (std::size_t source = 0; source < k_usage_sources; ++source) {
        for (std::size_t type = 0; type < k_token_types; ++type) {
            tokens[source][type].add(other.tokens[source][type].value());
        }
    }
    cost_micro_usd.add(other.cost_micro_usd.value());
}

// The last free slot is kept for the key without names, which counts everything that finds no slot.
Series& SeriesTable::at(SeriesKey key) {
    for (std::size_t step = 0; step < k_series_max; ++step) {
        Slot& slot = slots_[(hash(key) + step) % k_series_max];
        if (slot.series && slot.key == key) return *slot.series;
        if (slot.series) continue;
        if (used_ + 1 >= k_series_max && key != SeriesKey{}) break;
        ++used_;
        slot.key = key;
        slot.series = std::make_unique<Series>();
        slot.published.store(slot.series.get(), std::memory_order_release);
        return *slot.series;
    }
    return at(SeriesKey{});
}

}  // namespace bellwether::observe
