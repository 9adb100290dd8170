#include "observe/metrics.hpp"

#include "observe/error_type.hpp"

namespace bellwether::observe {

Series& WorkerMetrics::series(std::string_view route, std::string_view provider,
                              std::string_view model) {
    return table_.at({.route = names_->routes.index(route),
                      .provider = names_->providers.index(provider),
                      .model = names_->models.index(model)});
}

void WorkerMetrics::refused(int code, std::string_view error) {
    table_.at({}).results.add(code, error_type(error));
}

void WorkerMetrics::attempt(std::string_view provider, std::size_t error) {
    attempts_.add(names_->providers.index(provider) * error_types().size() + error);
}

void WorkerMetrics::fallback(std::string_view provider) {
    fallbacks_.add(names_->providers.index(provider));
}

void WorkerMetrics::stream_continued(std::string_view provider) {
    continued_.add(names_->providers.index(provider));
}

void WorkerMetrics::usage_doubted(std::string_view provider, std::size_t doubt) {
    doubts_.add(names_->providers.index(provider) * k_usage_doubts.size() + doubt);
}

void WorkerMetrics::shadow_call(std::string_view route, ShadowOutcome outcome) {
    shadows_.add(names_->shadows.index(route) * k_shadow_outcomes.size() +
                 static_cast<std::size_t>(outcome));
}

Metrics::Metrics(MetricNames names, std::size_t workers)
    : names_(std::make_shared<const MetricNames>(std::move(names))) {
    for (std::size_t i = 0; i < workers; ++i) {
        workers_.push_back(std::make_unique<WorkerMetrics>(this->names()));
    }
}

std::shared_ptr<const MetricNames> Metrics::names() const {
    const Lock lock(mutex_);
    return names_;
}

std::shared_ptr<const MetricNames> Metrics::add_names(const MetricNames& more) {
    const Lock lock(mutex_);
    names_ = std::make_shared<const MetricNames>(names_->with(more));
    return names_;
}

}  // namespace bellwether::observe
