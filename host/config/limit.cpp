// [[limits]], and what others say in the same words: on_limit and on_disconnect.
#include <fmt/format.h>

#include "config/rule_amount.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

constexpr std::size_t k_limits_max = 1'000;
constexpr std::int64_t k_concurrent_max = 1'000'000;
constexpr std::int64_t k_burst_max = 1'000'000'000'000;
constexpr std::int64_t k_queue_max = 100'000;
constexpr std::uint64_t k_wait_ms_max = 600'000;
constexpr std::uint64_t k_drain_ms_max = 86'400'000;

// "queue:10s" begins with the word, and the rest is a duration from 1 ms on; nothing: it does not.
std::optional<milliseconds> time_after(std::string_view text, std::string_view word,
                                       std::uint64_t ms_max) {
    if (!text.starts_with(word)) return std::nullopt;
    const auto time = parse_quantity(text.substr(word.size()), k_duration_units);
    if (!time || *time < 1 || *time > ms_max) return std::nullopt;
    return milliseconds(*time);
}

class LimitReader {
  public:
    LimitReader(Section& section, Limit& limit) : section_(section), limit_(limit) {}

    void read() {
        limit_.requests = read_rate(section_, "requests", R"("60/min")");
        limit_.tokens = read_rate(section_, "tokens", R"("200k/min")");
        read_burst("burst_requests", "requests", limit_.requests);
        read_burst("burst_tokens", "tokens", limit_.tokens);
        if (const auto most = section_.integer("concurrent", 1, k_concurrent_max)) {
            limit_.concurrent = *most;
        }
        if (!section_.has("requests") && !section_.has("tokens") && !section_.has("concurrent")) {
            section_.report().absent(limit_.at, {"requests", "tokens", "concurrent"},
                                     "a limit limits nothing",
                                     "at least one of requests, tokens and concurrent");
        }
        read_on_limit(section_, limit_.queue_wait, limit_.queue_length);
    }

  private:
    void read_burst(std::string_view key, std::string_view of, std::optional<Rate>& rate) {
        const auto burst = section_.integer(key, 1, k_burst_max);
        if (burst && rate) rate->burst = *burst;
        if (burst && !section_.has(of)) {
            section_.report().error(section_.key_at(key),
                                    fmt::format("{} has no {} beside it", section_.full(key), of),
                                    "both of them");
        }
    }

    Section& section_;
    Limit& limit_;
};

}  // namespace

void read_limits(Section& root, const KnownNames& known, RuleNames& names,
                 std::vector<Limit>& limits) {
    auto sections = root.tables("limits");
    if (!sections) return;
    for (auto& section : *sections) {
        if (limits.size() == k_limits_max) {
            return root.report().error(section.at(), "there are too many limits",
                                       fmt::format("at most {}", k_limits_max));
        }
        Limit& limit = limits.emplace_back();
        limit.at = section.at();
        limit.name = names.read(section, "limit", fmt::format("limit-{}", limits.size()));
        read_scope(section, known, limit.scope);
        LimitReader(section, limit).read();
        section.finish();
    }
}

void read_on_limit(Section& section, milliseconds& wait, std::size_t& length) {
    const auto given = section.text("on_limit");
    if (given && given->value == "reject") wait = milliseconds(0);
    if (given && given->value != "reject") {
        const auto time = time_after(given->value, "queue:", k_wait_ms_max);
        wait = time.value_or(milliseconds(0));
        if (!time) {
            section.report().error(
                given->at,
                fmt::format("{} = {} is unknown", section.full("on_limit"),
                            in_quotes(given->value)),
                R"("reject", or "queue:" and how long, from "queue:1ms" to "queue:10m")");
        }
    }
    const auto most = section.integer("queue_length", 1, k_queue_max);
    if (most) length = static_cast<std::size_t>(*most);
    const bool is_wrong = given && given->value != "reject" && wait.count() == 0;
    if (most && wait.count() == 0 && !is_wrong) {
        section.report().warning(
            section.key_at("queue_length"),
            fmt::format("{} has no effect: nothing waits", section.full("queue_length")), {},
            R"(to let calls wait write on_limit = "queue:10s")");
    }
}

std::optional<OnDisconnect> read_on_disconnect(Section& section) {
    const auto given = section.text("on_disconnect");
    if (!given) return std::nullopt;
    if (given->value == "cancel") return OnDisconnect{};
    if (given->value == "drain") return OnDisconnect{.drains = true};
    if (const auto longest = time_after(given->value, "drain:", k_drain_ms_max)) {
        return OnDisconnect{.drains = true, .longest = *longest};
    }
    section.report().error(
        given->at,
        fmt::format("{} = {} is unknown", section.full("on_disconnect"), in_quotes(given->value)),
        R"("cancel", "drain", or "drain:" and how long, up to "drain:24h")");
    return std::nullopt;
}

}  // namespace bw::config
