#include "ledger/redis/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>
#include <tuple>
#include <utility>

namespace bellwether::ledger {
namespace {

constexpr std::size_t k_standing_words = 7;
constexpr std::size_t k_counter_words = 5;
// In the year 2255. A window that ends later is given this end, which is as good as never.
constexpr std::int64_t k_window_end_max = 9'000'000'000;
constexpr std::int64_t k_greatest = std::numeric_limits<std::int64_t>::max();

constexpr std::pair<Measure, std::string_view> k_measures[] = {
    {Measure::budget, "budget"}, {Measure::rate, "rate"}, {Measure::concurrency, "concurrency"}};

constexpr std::pair<std::string_view, std::string UsageRow::*> k_texts[] = {
    {"request_id", &UsageRow::request_id},
    {"key", &UsageRow::key},
    {"user", &UsageRow::user},
    {"team", &UsageRow::team},
    {"route", &UsageRow::route},
    {"model", &UsageRow::model},
    {"provider", &UsageRow::provider},
    {"upstream_model", &UsageRow::upstream_model},
    {"error", &UsageRow::error}};

constexpr std::pair<std::string_view, std::int64_t UsageRow::*> k_numbers[] = {
    {"cost_micro_usd", &UsageRow::cost_micro_usd},
    {"list_cost_micro_usd", &UsageRow::list_cost_micro_usd},
    {"duration_us", &UsageRow::duration_us},
    {"first_token_us", &UsageRow::first_token_us}};

constexpr std::pair<std::string_view, std::int64_t Usage::*> k_tokens[] = {
    {"input_tokens", &Usage::input_tokens},
    {"output_tokens", &Usage::output_tokens},
    {"cached_input_tokens", &Usage::cached_input_tokens},
    {"reasoning_tokens", &Usage::reasoning_tokens}};

std::string bounded(std::int64_t number) {
    return std::to_string(std::clamp<std::int64_t>(number, 0, k_redis_amount_max));
}

std::int64_t to_number(std::string_view text) {
    std::int64_t number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    return read.ec == std::errc::result_out_of_range ? k_greatest : number;
}

// A sum that was clamped to the greatest amount of a script becomes the greatest amount of the
// host.
std::int64_t unbounded(std::int64_t number) {
    return number >= k_redis_amount_max ? k_greatest : number;
}

UsageSource to_source(std::string_view text) {
    for (const auto source :
         {UsageSource::provider, UsageSource::observed, UsageSource::estimate}) {
        if (text == to_string(source)) return source;
    }
    return UsageSource::none;
}

void append_claim(Words& words, const Claim& claim) {
    for (const auto& [measure, name] : k_measures) {
        if (measure == claim.measure) words.emplace_back(name);
    }
    words.push_back(escaped_rule(claim.counter.rule) + ":" + claim.counter.value);
    words.push_back(bounded(claim.amount));
    words.push_back(bounded(claim.limit));
    words.emplace_back(claim.refuses ? "1" : "0");
    words.push_back(
        std::to_string(std::clamp(claim.window.start, -k_window_end_max, k_window_end_max)));
    words.push_back(std::to_string(std::min(claim.window.end, k_window_end_max)));
    words.push_back(bounded(std::max<std::int64_t>(claim.period_us, 1)));
    words.push_back(bounded(std::max<std::int64_t>(claim.burst, 1)));
}

// Appends the names and values of a usage row, without the members that are not known.
void append_row(Words& words, const UsageRow& row) {
    const auto append = [&](std::string_view name, std::string value) {
        words.emplace_back(name);
        words.push_back(std::move(value));
    };
    append("time_us", std::to_string(row.time_us));
    append("status", std::to_string(row.status));
    append("source", std::string(to_string(row.usage.source)));
    for (const auto& [name, member] : k_texts) {
        if (!(row.*member).empty()) append(name, row.*member);
    }
    for (const auto& [name, member] : k_numbers) {
        if (row.*member != -1) append(name, std::to_string(row.*member));
    }
    for (const auto& [name, member] : k_tokens) {
        if (row.usage.*member != -1) append(name, std::to_string(row.usage.*member));
    }
}

void read_field(UsageRow& row, std::string_view field, const std::string& value) {
    if (field == "time_us") row.time_us = to_number(value);
    if (field == "status") row.status = static_cast<int>(to_number(value));
    if (field == "source") row.usage.source = to_source(value);
    for (const auto& [name, member] : k_texts) {
        if (field == name) row.*member = value;
    }
    for (const auto& [name, member] : k_numbers) {
        if (field == name) row.*member = to_number(value);
    }
    for (const auto& [name, member] : k_tokens) {
        if (field == name) row.usage.*member = to_number(value);
    }
}

// Reads the measure and the name of a counter from MEASURE:RULE:VALUE, and removes the escapes.
void read_name(StoredCounter& counter, std::string_view text) {
    const std::size_t rule_at = std::min(text.find(':'), text.size() - 1) + 1;
    for (const auto& [measure, name] : k_measures) {
        if (name == text.substr(0, rule_at - 1)) counter.measure = measure;
    }
    const std::size_t rule_end = std::min(text.find(':', rule_at), text.size());
    for (std::size_t i = rule_at; i < rule_end; ++i) {
        const std::string_view code = text.substr(i, 3);
        const bool escape = code == "%25" || code == "%3a";
        counter.name.rule += code == "%25" ? '%' : code == "%3a" ? ':' : text[i];
        if (escape) i += 2;
    }
    counter.name.value = text.substr(std::min(rule_end + 1, text.size()));
}

}  // namespace

std::string escaped_rule(std::string_view rule) {
    std::string text;
    for (const char c : rule) {
        if (c == '%') {
            text += "%25";
        } else if (c == ':') {
            text += "%3a";
        } else {
            text += c;
        }
    }
    return text;
}

Words hold_words(const Hold& hold, std::string_view epoch, std::string_view how) {
    Words words{std::to_string(hold.id.host), std::to_string(hold.id.number), std::string(epoch),
                std::string(how), std::to_string(hold.claims.size())};
    for (const Claim& claim : hold.claims) append_claim(words, claim);
    append_row(words, lost_row(hold.estimate));
    return words;
}

Words settle_words(const Settlement& settlement, std::string_view how, std::string_view epoch) {
    Words words{std::to_string(settlement.id.host), std::to_string(settlement.id.number),
                std::string(how), std::string(epoch), std::to_string(settlement.amounts.size())};
    for (const std::int64_t amount : settlement.amounts) words.push_back(bounded(amount));
    if (how == k_settle_recorded) append_row(words, settlement.usage);
    return words;
}

Verdict to_verdict(const RedisReply& reply) {
    Verdict verdict;
    switch (static_cast<HoldCode>(reply.integer_at(0))) {
        case HoldCode::held: break;
        case HoldCode::refused: verdict.answer = HoldAnswer::refused; break;
        case HoldCode::withdrawn:
            return {.answer = HoldAnswer::unavailable, .reason = "the hold was withdrawn before"};
        case HoldCode::known:
            return {.answer = HoldAnswer::unavailable,
                    .reason = "the ledger has a hold with this number already"};
        case HoldCode::emptied:
            return {.answer = HoldAnswer::unavailable,
                    .reason = "the ledger has lost what it had, and begins anew"};
        case HoldCode::full:
            return {.answer = HoldAnswer::full,
                    .reason = fmt::format("it has {} counters already", reply.integer_at(1))};
    }
    verdict.refused_by = static_cast<std::size_t>(reply.integer_at(1));
    for (std::size_t i = 2; i + k_standing_words <= reply.elements.size(); i += k_standing_words) {
        verdict.standings.push_back(
            {.used = unbounded(reply.integer_at(i)),
             .held = unbounded(reply.integer_at(i + 1)),
             .left = reply.integer_at(i + 2),
             .wait_us = reply.integer_at(i + 3),
             .full_us = reply.integer_at(i + 4),
             .window = {.start = reply.integer_at(i + 5), .end = reply.integer_at(i + 6)}});
    }
    return verdict;
}

std::vector<StoredCounter> to_counters(const RedisReply& reply) {
    std::vector<StoredCounter> counters;
    const auto& words = reply.elements;
    for (std::size_t i = 0; i + k_counter_words <= words.size(); i += k_counter_words) {
        StoredCounter counter;
        read_name(counter, words[i].text);
        counter.window = {.start = to_number(words[i + 1].text),
                          .end = to_number(words[i + 2].text)};
        counter.used = unbounded(to_number(words[i + 3].text));
        counter.held = unbounded(to_number(words[i + 4].text));
        counters.push_back(std::move(counter));
    }
    std::ranges::sort(counters, {}, [](const StoredCounter& counter) {
        return std::tie(counter.name.rule, counter.name.value, counter.measure,
                        counter.window.start);
    });
    return counters;
}

UsageRow to_usage_row(const RedisReply& fields) {
    UsageRow row;
    for (std::size_t i = 0; i + 1 < fields.elements.size(); i += 2) {
        read_field(row, fields.elements[i].text, fields.elements[i + 1].text);
    }
    return row;
}

}  // namespace bellwether::ledger
