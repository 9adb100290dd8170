// The metrics of the process: one WorkerMetrics for each worker, written by its thread alone, and
// summed when somebody asks. docs/metrics.md says what each means.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "observe/counter_row.hpp"
#include "observe/metric_names.hpp"
#include "observe/prometheus.hpp"
#include "observe/series.hpp"

namespace bellwether::observe {

// The net layer's counts of connections to the providers. The pointers are set before the first
// scrape; the thread of a scrape reads through them.
struct UpstreamConnections {
    const Gauge* open = nullptr;
    const Counter* opened = nullptr;
    const Counter* reused = nullptr;
};

// Why a client's key is refused, as the metrics call it.
inline constexpr std::array<std::string_view, 6> k_key_faults{"missing", "ambiguous", "unknown",
                                                              "wrong",   "disabled",  "expired"};

// Why a provider's report of usage is not taken as it is, as the metrics call it.
inline constexpr std::array<std::string_view, 2> k_usage_doubts{"too_little", "too_much"};

// What became of a copy of a call for the shadow of its route.
enum class ShadowOutcome : std::uint8_t {
    ok,
    error,
    refused,  // by a budget or a limit
    no_room   // for its body, or beside the copies that run
};
inline constexpr std::array<std::string_view, 4> k_shadow_outcomes{"ok", "error", "refused",
                                                                   "no_room"};

class WorkerMetrics {
  public:
    explicit WorkerMetrics(std::shared_ptr<const MetricNames> names) : names_(std::move(names)) {}

    // From now on these names count, too; those before keep their indices (Metrics::add_names). On
    // the worker's thread.
    void use(std::shared_ptr<const MetricNames> names) { names_ = std::move(names); }

    Series& series(std::string_view route, std::string_view provider, std::string_view model);
    // A request that never became a call: it has no route, no provider and no model.
    void refused(int code, std::string_view error);
    // `error`: an index of error_types(); 0: the attempt succeeded.
    void attempt(std::string_view provider, std::size_t error);
    // The route's next target is tried after an attempt at this provider.
    void fallback(std::string_view provider);
    // This provider went on with a stream that had broken off at another attempt.
    void stream_continued(std::string_view provider);
    // `doubt`: an index of k_usage_doubts.
    void usage_doubted(std::string_view provider, std::size_t doubt);
    // `route`: as copies are counted, `shadow:NAME`.
    void shadow_call(std::string_view route, ShadowOutcome outcome);
    // A client's key was refused; `reason`: an index of k_key_faults.
    void key_refused(std::size_t reason) { keys_refused_[reason].add(); }
    // A connection was refused before its first request, because of a limit.
    void connection_refused() { connections_refused.add(); }

    Gauge connections_open;
    Counter connections_accepted;
    Counter connections_refused;
    Gauge requests_active;
    Gauge streams_active;
    Gauge streams_paused;
    UpstreamConnections upstream_connections;

  private:
    friend class Metrics;

    std::shared_ptr<const MetricNames> names_;
    SeriesTable table_;
    CounterRow attempts_;   // by provider and error type
    CounterRow fallbacks_;  // by provider
    CounterRow continued_;  // by provider
    CounterRow doubts_;     // by provider and doubt
    CounterRow shadows_;    // by shadow and outcome
    std::array<Counter, k_key_faults.size()> keys_refused_;
};

class Metrics {
  public:
    Metrics(MetricNames names, std::size_t workers);

    WorkerMetrics& worker(std::size_t index) { return *workers_[index]; }
    std::shared_ptr<const MetricNames> names() const;
    // Adds the names that are new; for the workers to use. From any thread.
    std::shared_ptr<const MetricNames> add_names(const MetricNames& more);
    // Appends the sum of all workers. From any thread.
    void write(PrometheusText& text) const;

  private:
    using Totals = std::vector<std::pair<SeriesKey, std::unique_ptr<Series>>>;

    Totals totals() const;
    void write_requests(PrometheusText& text, const MetricNames& names, const Totals& totals) const;
    void write_durations(PrometheusText& text, const MetricNames& names,
                         const Totals& totals) const;
    void write_tokens(PrometheusText& text, const MetricNames& names, const Totals& totals) const;
    void write_attempts(PrometheusText& text, const MetricNames& names) const;
    void write_doubts(PrometheusText& text, const MetricNames& names) const;
    void write_shadows(PrometheusText& text, const MetricNames& names) const;
    void write_keys_refused(PrometheusText& text) const;
    void write_connections(PrometheusText& text) const;

    mutable Mutex mutex_;
    std::shared_ptr<const MetricNames> names_ GUARDED_BY(mutex_);
    std::vector<std::unique_ptr<WorkerMetrics>> workers_;
};

}  // namespace bellwether::observe
