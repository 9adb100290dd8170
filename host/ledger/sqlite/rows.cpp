#include "ledger/sqlite/rows.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>

#include "ledger/amount.hpp"

namespace bellwether::ledger {
namespace {

// -1, not known, is NULL in the tables.
void bind_known(Statement& statement, int at, std::int64_t value) {
    if (value < 0) {
        statement.bind_null(at);
    } else {
        statement.bind(at, value);
    }
}

std::int64_t read_known(const Statement& statement, int column) {
    return statement.is_null(column) ? -1 : statement.integer(column);
}

UsageSource source_of(std::string_view name) {
    constexpr std::array k_sources = {UsageSource::provider, UsageSource::observed,
                                      UsageSource::estimate};
    for (const auto source : k_sources) {
        if (to_string(source) == name) return source;
    }
    return UsageSource::none;
}

}  // namespace

void bind_usage(Statement& statement, int at, const UsageRow& row) {
    statement.bind(at++, row.time_us);
    for (const auto* text : {&row.request_id, &row.key, &row.user, &row.team, &row.route,
                             &row.model, &row.provider, &row.upstream_model}) {
        statement.bind(at++, *text);
    }
    const auto& usage = row.usage;
    for (const auto tokens : {usage.input_tokens, usage.output_tokens, usage.cached_input_tokens,
                              usage.reasoning_tokens}) {
        bind_known(statement, at++, tokens);
    }
    statement.bind(at++, to_string(usage.source));
    for (const auto number :
         {row.cost_micro_usd, row.list_cost_micro_usd, row.duration_us, row.first_token_us}) {
        bind_known(statement, at++, number);
    }
    statement.bind(at++, std::int64_t{row.status});
    statement.bind(at, row.error);
}

UsageRow read_usage(const Statement& statement, int at) {
    UsageRow row;
    row.time_us = statement.integer(at++);
    for (auto* text : {&row.request_id, &row.key, &row.user, &row.team, &row.route, &row.model,
                       &row.provider, &row.upstream_model}) {
        *text = statement.text(at++);
    }
    auto& usage = row.usage;
    for (auto* tokens : {&usage.input_tokens, &usage.output_tokens, &usage.cached_input_tokens,
                         &usage.reasoning_tokens}) {
        *tokens = read_known(statement, at++);
    }
    usage.source = source_of(statement.text(at++));
    for (auto* number :
         {&row.cost_micro_usd, &row.list_cost_micro_usd, &row.duration_us, &row.first_token_us}) {
        *number = read_known(statement, at++);
    }
    row.status = static_cast<int>(statement.integer(at++));
    row.error = statement.text(at);
    return row;
}

std::string claims_text(const HeldCall& call) {
    std::string text;
    for (std::size_t i = 0; i < call.tallies.size(); ++i) {
        if (call.tallies[i]->measure != Measure::budget) continue;
        fmt::format_to(std::back_inserter(text), "{}{}:{}", text.empty() ? "" : " ",
                       call.tallies[i]->number, at_least_zero(call.hold.claims[i].amount));
    }
    return text;
}

std::vector<StoredClaim> parse_claims(std::string_view text) {
    std::vector<StoredClaim> claims;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
        StoredClaim claim;
        const auto number = std::from_chars(at, end, claim.first);
        if (number.ec != std::errc() || number.ptr == end || *number.ptr != ':') break;
        const auto amount = std::from_chars(number.ptr + 1, end, claim.second);
        if (amount.ec != std::errc()) break;
        claims.push_back(claim);
        at = amount.ptr + 1;  // the space
    }
    return claims;
}

}  // namespace bellwether::ledger
