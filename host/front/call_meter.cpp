#include "front/call_meter.hpp"

#include <utility>

namespace bellwether::front {

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

}  // namespace bellwether::front
