#include "policy/record/call_record.hpp"

#include <algorithm>
#include <string>

#include "ledger/amount.hpp"
#include "observe/error_type.hpp"
#include "policy/cost/cost.hpp"
#include "policy/record/tried_text.hpp"

namespace bellwether::policy {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

observe::CallOutcome call_outcome(const Result<void>& result) {
    if (result) return observe::CallOutcome::ok;
    return result.error().kind == ErrorKind::cancelled ? observe::CallOutcome::cancelled
                                                       : observe::CallOutcome::error;
}

std::size_t error_type(const Result<void>& result, std::string_view code) {
    return result ? std::size_t{0} : observe::error_type(code, result.error().kind);
}

void add_known(std::int64_t& to, std::int64_t more) {
    if (more >= 0) to = to < 0 ? more : ledger::add_clamped(to, more);
}

// What a failed attempt used is a part of what the call used.
void add_to(ledger::UsageRow& row, const FailedAttempt& failed) {
    if (failed.usage.source == UsageSource::none) return;
    add_known(row.usage.input_tokens, failed.usage.input_tokens);
    add_known(row.usage.output_tokens, failed.usage.output_tokens);
    add_known(row.usage.cached_input_tokens, failed.usage.cached_input_tokens);
    add_known(row.usage.reasoning_tokens, failed.usage.reasoning_tokens);
    row.usage.source = std::max(row.usage.source, failed.usage.source);
    add_known(row.cost_micro_usd, cost_of(failed.usage, failed.price).value_or(-1));
    add_known(row.list_cost_micro_usd, list_cost_of(failed.usage, failed.price).value_or(-1));
}

void count_attempts(const CallEnd& outcome, observe::WorkerMetrics& metrics) {
    for (const FailedAttempt& failed : outcome.failures) {
        metrics.attempt(failed.provider, observe::error_type(failed.code, failed.kind));
        if (failed.followed == Followed::other_target) metrics.fallback(failed.provider);
        if (failed.continued) metrics.stream_continued(failed.provider);
    }
    if (outcome.attempts == 0) return;
    if (outcome.continued) metrics.stream_continued(outcome.provider);
    const Error* error = outcome.result ? nullptr : &outcome.result.error();
    if (outcome.last_error) error = &*outcome.last_error;
    metrics.attempt(outcome.provider,
                    error == nullptr ? 0 : observe::error_type(error->code, error->kind));
    if (outcome.doubt != Doubt::none) {
        metrics.usage_doubted(outcome.provider, static_cast<std::size_t>(outcome.doubt) - 1);
    }
}

}  // namespace

observe::AccessRecord access_record(const CallRecord& record,
                                    std::chrono::system_clock::time_point now) {
    const Call& call = record.call;
    const CallEnd& outcome = record.outcome;
    const std::int64_t duration_us = record.duration_us();
    const std::int64_t upstream_us = duration_cast<microseconds>(outcome.waited).count();
    return {
        .time = now,
        .request_id = call.id,
        .client = record.client,
        .key = call.key,
        .team = call.team,
        .method = "POST",
        .path = path_of(call.operation),
        .status = record.status,
        .outcome = call_outcome(outcome.result),
        .error = record.error_code,
        .route = record.route,
        .model = call.model,
        .provider = outcome.provider,
        .upstream_model = outcome.model,
        .upstream_id = outcome.upstream_id,
        .attributes = outcome.attributes,
        .attempts = static_cast<int>(outcome.attempts),
        .tried = tried_text(outcome.failures),
        .generation = record.generation == 0 ? -1 : static_cast<std::int64_t>(record.generation),
        .stream = call.stream,
        .bytes_in = static_cast<std::int64_t>(call.body.size()),
        .bytes_out = static_cast<std::int64_t>(record.bytes_out),
        .duration_us = duration_us,
        .first_byte_us = record.first_byte_us(),
        .upstream_us = upstream_us,
        .overhead_us = duration_us - upstream_us,
        .trace_id = call.trace_id(),
        .usage = outcome.usage,
        .cost_micro_usd = outcome.cost_micro_usd.value_or(-1)};
}

observe::AccessRecord access_record(const RefusalRecord& record,
                                    std::chrono::system_clock::time_point now) {
    return {.time = now,
            .request_id = record.request_id,
            .client = record.client,
            .key = record.caller == nullptr ? std::string_view() : record.caller->id,
            .team = record.caller == nullptr ? std::string_view() : record.caller->team,
            .method = record.method,
            .path = record.path,
            .status = record.status,
            .outcome = observe::CallOutcome::error,
            .error = record.error_code};
}

ledger::UsageRow usage_row(const CallRecord& record, std::int64_t now_us) {
    const Call& call = record.call;
    const CallEnd& outcome = record.outcome;
    ledger::UsageRow row{
        .time_us = now_us - record.duration_us(),
        .request_id = call.id,
        .key = call.key,
        .user = call.user,
        .team = call.team,
        .route = std::string(record.route),
        .model = call.model,
        .provider = outcome.provider,
        .upstream_model = outcome.model,
        .usage = outcome.usage,
        .cost_micro_usd = outcome.cost_micro_usd.value_or(-1),
        .list_cost_micro_usd = list_cost_of(outcome.usage, outcome.price).value_or(-1),
        .duration_us = record.duration_us(),
        .first_token_us = record.first_byte_us(),
        .status = record.status,
        .error = std::string(record.error_code)};
    for (const FailedAttempt& failed : outcome.failures) add_to(row, failed);
    return row;
}

void count(const CallRecord& record, observe::WorkerMetrics& metrics) {
    const CallEnd& outcome = record.outcome;
    observe::Series& series = metrics.series(record.route, outcome.provider, record.call.model);
    series.results.add(record.status, error_type(outcome.result, record.error_code));
    series.duration.record(record.duration());
    count_attempts(outcome, metrics);
    if (outcome.attempts == 0) return;
    series.overhead.record(record.duration() - outcome.waited);
    series.count_tokens(outcome.usage);
    if (outcome.cost_micro_usd) {
        series.cost_micro_usd.add(static_cast<std::uint64_t>(*outcome.cost_micro_usd));
    }
}

void count_shadow(const CallRecord& record, observe::WorkerMetrics& metrics) {
    count_attempts(record.outcome, metrics);
    metrics.shadow_call(record.route, record.outcome.result ? observe::ShadowOutcome::ok
                                                            : observe::ShadowOutcome::error);
}

void count(const RefusalRecord& record, observe::WorkerMetrics& metrics) {
    metrics.refused(record.status, record.error_code);
}

}  // namespace bellwether::policy
