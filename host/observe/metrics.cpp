#include "observe/metrics.hpp"

#include "observe/error_type.hpp"

namespace bellwether::observe {

WorkerMetrics::WorkerMetrics(const MetricNames& names)
    : names_(names),
      attempts_(names.providers.size() * error_types().size()),
      fallbacks_(names.providers.size()),
      continued_(names.providers.size()),
      doubts_(names.providers.size() * k_usage_doubts.size()),
      shadows_(names.shadows.size() * k_shadow_outcomes.size()) {}

Series& WorkerMetrics::series(std::string_view route, std::string_view provider,
                              std::string_view model) {
    return table_.at({.route = names_.routes.index(route),
                      .provider = names_.providers.index(provider),
                      .model = names_.models.index(model)});
}

void WorkerMetrics::refused(int code, std::string_view error) {
    table_.at({}).results.add(code, error_type(error));
}

void WorkerMetrics::attempt(std::string_view provider, std::size_t error) {
    attempts_[names_.providers.index(provider) * error_types().size() + error].add();
}

void WorkerMetrics::fallback(std::string_view provider) {
    fallbacks_[names_.providers.index(provider)].add();
}

void WorkerMetrics::stream_continued(std::string_view provider) {
    continued_[names_.providers.index(provider)].add();
}

void WorkerMetrics::usage_doubted(std::string_view provider, std::size_t doubt) {
    doubts_[names_.providers.index(provider) * k_usage_doubts.size() + doubt].add();
}

void WorkerMetrics::shadow_call(std::string_view route, ShadowOutcome outcome) {
    shadows_[names_.shadows.index(route) * k_shadow_outcomes.size() +
             static_cast<std::size_t>(outcome)]
        .add();
}

Metrics::Metrics(MetricNames names, std::size_t workers) : names_(std::move(names)) {
    for (std::size_t i = 0; i < workers; ++i) {
        workers_.push_back(std::make_unique<WorkerMetrics>(names_));
    }
}

}  // namespace bellwether::observe
