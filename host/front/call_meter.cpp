#include "front/call_meter.hpp"

#include <utility>

#include "observe/error_type.hpp"

namespace bw::front {

CallMeter::CallMeter(observe::WorkerMetrics& metrics, Clock::time_point started)
    : metrics_(metrics), started_(started) {
    metrics_.requests_active.add(1);
}

CallMeter::~CallMeter() {
    resume();
    if (stream_ != nullptr) metrics_.streams_active.add(-1);
    metrics_.requests_active.add(-1);
}

void CallMeter::stream_begins(std::string_view route, std::string_view provider,
                              std::string_view model) {
    metrics_.streams_active.add(1);
    stream_ = &metrics_.series(route, provider, model);
}

void CallMeter::chunk(Clock::time_point now) {
    const bool first = last_chunk_ == Clock::time_point{};
    first ? stream_->first_token.record(now - started_)
          : stream_->between_tokens.record(now - last_chunk_);
    last_chunk_ = now;
}

void CallMeter::pause() {
    if (!std::exchange(paused_, true)) metrics_.streams_paused.add(1);
}

void CallMeter::resume() {
    if (std::exchange(paused_, false)) metrics_.streams_paused.add(-1);
}

void CallMeter::end(const CallEnd& end) {
    const policy::Outcome& outcome = end.outcome;
    const auto result_of = [](const Result<void>& result, std::string_view code) {
        return result ? std::size_t{0} : observe::error_type(code, result.error().kind);
    };
    for (const auto& failed : outcome.failures) {
        metrics_.attempt(failed.provider, observe::error_type(failed.code, failed.kind));
        metrics_.fallback(failed.provider);
    }
    observe::Series& series = metrics_.series(end.route, outcome.provider, end.model);
    series.results.add(end.status, result_of(outcome.result, end.error_code));
    series.duration.record(end.duration);
    if (outcome.attempts == 0) return;
    metrics_.attempt(
        outcome.provider,
        result_of(outcome.result,
                  outcome.result ? "" : std::string_view(outcome.result.error().code)));
    if (outcome.doubt != policy::Doubt::none) {
        metrics_.usage_doubted(outcome.provider, static_cast<std::size_t>(outcome.doubt) - 1);
    }
    series.overhead.record(end.duration - outcome.waited);
    series.count_tokens(outcome.usage);
    if (outcome.cost_micro_usd) {
        series.cost_micro_usd.add(static_cast<std::uint64_t>(*outcome.cost_micro_usd));
    }
}

}  // namespace bw::front
