// [[limits]], and the keys on_limit and on_disconnect, which other sections have, too.
#include <fmt/format.h>

#include "config/rule.hpp"
#include "config/sections.hpp"
#include "config/shown.hpp"

namespace bellwether::config {
namespace {

constexpr std::size_t k_limits_max = 1'000;
constexpr Whole k_concurrent{1, 1'000'000};
constexpr Whole k_burst{1, 1'000'000'000'000};

// The duration in a text such as "queue:10s"; nothing: the text is none of the form, or the
// duration is out of its range.
std::optional<milliseconds> time_in(std::string_view text, const Timed& form) {
    const std::string_view word = text.substr(0, text.find(':'));
    if (word != form.timed || word.size() == text.size()) return std::nullopt;
    const auto time = parse_quantity(text.substr(word.size() + 1), k_duration_units);
    if (!time || *time < 1 || *time > static_cast<std::uint64_t>(form.max.count())) return {};
    return milliseconds(*time);
}

std::string timed_text(const Timed& form, milliseconds time) {
    return fmt::format("{}:{}", form.timed, duration_text(time));
}

template <std::optional<Rate> Limit::*rate>
constexpr KeyOf<Limit> rate_key(std::string_view name, std::string_view meaning) {
    return key<Limit>(
        name, k_rate, meaning,
        [](Section& section, std::string_view key, Limit& limit) {
            limit.*rate =
                read_rate(section, key, rate == &Limit::tokens ? R"("200k/min")" : R"("60/min")");
        },
        [](const Limit& limit) -> Value {
            return limit.*rate ? Value(rate_text(*(limit.*rate))) : Value();
        },
        "none");
}

// Must come after its rate in the table of keys, because it changes the rate.
template <std::optional<Rate> Limit::*rate>
constexpr KeyOf<Limit> burst_key(std::string_view name, std::string_view meaning) {
    return key<Limit>(
        name, k_burst, meaning,
        [](Section& section, std::string_view key, Limit& limit) {
            const std::string_view of = key.substr(key.find('_') + 1);
            const auto burst = section.integer(key, k_burst.min, k_burst.max);
            if (burst && limit.*rate) (limit.*rate)->burst = *burst;
            if (burst && !section.has(of)) {
                section.error(section.key_at(key), key, fmt::format("has no {} beside it", of),
                              "both of them");
            }
        },
        [](const Limit& limit) -> Value {
            return limit.*rate ? Value((limit.*rate)->burst) : Value();
        },
        "the whole amount of the rate");
}

constexpr KeyOf<Limit> concurrent_key() {
    auto one = key<&Limit::concurrent>("concurrent", k_concurrent, "calls at once", "none");
    one.is_shown = [](const Limit& limit) { return limit.concurrent > 0; };
    return one;
}

constexpr KeyOf<Limit> k_limit_keys[] = {
    key<Limit>(
        "name", k_text, "as of budgets", nullptr,
        [](const Limit& limit) -> Value { return limit.name; },
        "`\"limit-1\"` and so on, by its place"),
    each_key<Limit>(),
    match_key<Limit>(),
    rate_key<&Limit::requests>("requests", "calls in a time"),
    rate_key<&Limit::tokens>("tokens", "tokens in a time, of prompts and answers"),
    burst_key<&Limit::requests>("burst_requests", "how many calls may come at once after a pause"),
    burst_key<&Limit::tokens>("burst_tokens", "how many tokens may come at once after a pause"),
    concurrent_key(),
    on_limit_key<Limit>("refuse a call that comes too early, or let it wait for its turn up to so "
                        "long"),
    queue_length_key<Limit>("calls that may wait; one more is refused"),
};

void read_limit(Section& section, const KnownNames& known, RuleNames& names, std::string fallback,
                Limit& limit) {
    limit.at = section.at();
    read_keys<Limit>(section, k_limit_keys, limit);
    limit.name = names.read(section, "limit", std::move(fallback));
    read_match(section, known, limit.scope);
    if (!section.has("requests") && !section.has("tokens") && !section.has("concurrent")) {
        section.report().absent(limit.at, {"requests", "tokens", "concurrent"},
                                "a limit limits nothing",
                                "at least one of requests, tokens and concurrent");
    }
    section.finish();
}

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
        read_limit(section, known, names, fmt::format("limit-{}", limits.size()), limit);
    }
}

void read_on_limit(Section& section, milliseconds& wait, std::size_t& length) {
    const auto given = section.text("on_limit");
    if (given && given->value == "reject") wait = milliseconds(0);
    if (given && given->value != "reject") {
        const auto time = time_in(given->value, k_on_limit);
        wait = time.value_or(milliseconds(0));
        if (!time) {
            section.report().error(
                given->at,
                fmt::format("{} = {} is unknown", section.full("on_limit"),
                            in_quotes(given->value)),
                fmt::format(R"("reject", or "queue:" and how long, from "queue:1ms" to "{}")",
                            timed_text(k_on_limit, k_on_limit.max)));
        }
    }
    const auto most = section.integer("queue_length", k_queue_length.min, k_queue_length.max);
    if (most) length = static_cast<std::size_t>(*most);
    const bool is_wrong = given && given->value != "reject" && wait.count() == 0;
    if (most && wait.count() == 0 && !is_wrong) {
        section.report().warning(
            section.key_at("queue_length"),
            fmt::format("{} has no effect: nothing waits", section.full("queue_length")), {},
            R"(to let calls wait write on_limit = "queue:10s")");
    }
}

std::optional<OnDisconnect> read_on_disconnect(Section& section, std::string_view key) {
    const auto given = section.text(key);
    if (!given) return std::nullopt;
    if (given->value == "cancel") return OnDisconnect{};
    if (given->value == "drain") return OnDisconnect{.drains = true};
    if (const auto longest = time_in(given->value, k_on_disconnect)) {
        return OnDisconnect{.drains = true, .longest = *longest};
    }
    section.report().error(
        given->at, fmt::format("{} = {} is unknown", section.full(key), in_quotes(given->value)),
        fmt::format(R"("cancel", "drain", or "drain:" and how long, up to "{}")",
                    timed_text(k_on_disconnect, k_on_disconnect.max)));
    return std::nullopt;
}

std::string text_of(const OnDisconnect& action) {
    if (!action.drains) return "cancel";
    return action.longest.count() == 0 ? "drain" : timed_text(k_on_disconnect, action.longest);
}

std::string on_limit_text(milliseconds wait) {
    return wait.count() == 0 ? "reject" : timed_text(k_on_limit, wait);
}

void write_limit(json::PrettyWriter& writer, const Limit& limit) {
    write_keys<Limit>(writer, k_limit_keys, limit);
}

SectionFacts limit_section() {
    return {"limit", "`[[limits]]`", "How fast, and how many at once",
            rows_of<Limit>(k_limit_keys)};
}

}  // namespace bellwether::config
