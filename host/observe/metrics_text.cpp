// The page that a scrape reads: every worker's numbers added up, metric by metric.
#include <fmt/format.h>

#include <map>

#include "observe/error_type.hpp"
#include "observe/metrics.hpp"

namespace bellwether::observe {
namespace {

constexpr std::string_view k_token_names[] = {"input", "output", "cached", "reasoning"};
constexpr UsageSource k_sources[] = {UsageSource::none, UsageSource::provider,
                                     UsageSource::observed, UsageSource::estimate};

std::string code_name(int code) { return code == 0 ? "other" : fmt::format("{}", code); }

template <typename Workers, typename Number>
auto sum(const Workers& workers, Number number) {
    decltype(number(*workers.front())) total{};
    for (const auto& worker : workers) total += number(*worker);
    return total;
}

}  // namespace

Metrics::Totals Metrics::totals() const {
    std::map<SeriesKey, std::unique_ptr<Series>> sums;
    for (const auto& worker : workers_) {
        worker->table_.each([&sums](SeriesKey key, const Series& series) {
            auto& total = sums[key];
            if (!total) total = std::make_unique<Series>();
            total->add(series);
        });
    }
    Totals totals;
    for (auto& [key, series] : sums) totals.emplace_back(key, std::move(series));
    return totals;
}

void Metrics::write(PrometheusText& text) const {
    const Totals all = totals();
    // The names are read last: a worker may have counted under one that was not there before.
    const auto names = this->names();
    write_requests(text, *names, all);
    write_durations(text, *names, all);
    write_tokens(text, *names, all);
    write_attempts(text, *names);
    write_doubts(text, *names);
    write_shadows(text, *names);
    write_keys_refused(text);
    write_connections(text);
}

void Metrics::write_requests(PrometheusText& text, const MetricNames& names,
                             const Totals& totals) const {
    text.metric("bellwether_requests_total", "counter",
                "Calls that have ended, and requests that were refused, by result.");
    for (const auto& [key, series] : totals) {
        for (std::size_t i = 0;; ++i) {
            const auto result = series->results.at(i);
            if (result.count == 0) break;
            text.sample({{"route", names.routes.name(key.route)},
                         {"provider", names.providers.name(key.provider)},
                         {"model", names.models.name(key.model)},
                         {"code", code_name(result.code)},
                         {"error_type", error_types()[result.error]}},
                        result.count);
        }
    }
    const auto gauge = [&](std::string_view name, std::string_view help, auto member) {
        text.metric(name, "gauge", help);
        text.sample({}, sum(workers_, [member](const auto& w) { return (w.*member).value(); }));
    };
    gauge("bellwether_requests_active", "Calls being answered.", &WorkerMetrics::requests_active);
    gauge("bellwether_streams_active", "Streams that have begun and not ended.",
          &WorkerMetrics::streams_active);
    gauge("bellwether_streams_paused", "Streams whose upstream waits for a slow client.",
          &WorkerMetrics::streams_paused);
}

void Metrics::write_durations(PrometheusText& text, const MetricNames& names,
                              const Totals& totals) const {
    const auto histogram = [&](std::string_view name, std::string_view help, auto member) {
        text.metric(name, "histogram", help);
        for (const auto& [key, series] : totals) {
            if (((*series).*member).count() == 0) continue;
            text.histogram({{"route", names.routes.name(key.route)},
                            {"provider", names.providers.name(key.provider)},
                            {"model", names.models.name(key.model)}},
                           (*series).*member);
        }
    };
    histogram("bellwether_request_duration_seconds",
              "From the whole request to the end of its reply.", &Series::duration);
    histogram("bellwether_overhead_seconds",
              "Of a call's duration, what was not spent waiting for a provider or a slow client.",
              &Series::overhead);
    histogram("bellwether_time_to_first_token_seconds",
              "From the whole request to the first chunk of a stream.", &Series::first_token);
    histogram("bellwether_inter_token_seconds", "Between one chunk of a stream and the next.",
              &Series::between_tokens);
}

void Metrics::write_tokens(PrometheusText& text, const MetricNames& names,
                           const Totals& totals) const {
    text.metric("bellwether_tokens_total", "counter",
                "Tokens by type; cached are among input, reasoning among output.");
    for (const auto& [key, series] : totals) {
        for (const UsageSource source : k_sources) {
            for (std::size_t type = 0; type < k_token_types; ++type) {
                const auto count = series->tokens[static_cast<std::size_t>(source)][type].value();
                if (count == 0) continue;
                text.sample({{"route", names.routes.name(key.route)},
                             {"provider", names.providers.name(key.provider)},
                             {"model", names.models.name(key.model)},
                             {"type", k_token_names[type]},
                             {"usage_source", to_string(source)}},
                            count);
            }
        }
    }
    text.metric("bellwether_cost_micro_usd_total", "counter",
                "Cost of the calls to models with a price, in millionths of a US dollar.");
    for (const auto& [key, series] : totals) {
        if (series->cost_micro_usd.value() == 0) continue;
        text.sample({{"route", names.routes.name(key.route)},
                     {"provider", names.providers.name(key.provider)},
                     {"model", names.models.name(key.model)}},
                    series->cost_micro_usd.value());
    }
}

// All providers are known from the start, so their series of successes and of fallbacks begin at
// zero, and a rate sees the first one. A series of failures begins with the first failure.
void Metrics::write_attempts(PrometheusText& text, const MetricNames& names) const {
    text.metric("bellwether_upstream_attempts_total", "counter",
                "Attempts to answer a call, by provider and result.");
    const std::size_t errors = error_types().size();
    for (std::size_t provider = 1; provider < names.providers.size(); ++provider) {
        for (std::size_t error = 0; error < errors; ++error) {
            const auto count = sum(workers_, [at = provider * errors + error](const auto& worker) {
                return worker.attempts_.value(at);
            });
            if (count == 0 && error != 0) continue;
            text.sample({{"provider", names.providers.name(provider)},
                         {"result", error == 0 ? "ok" : error_types()[error]}},
                        count);
        }
    }
    text.metric("bellwether_fallbacks_total", "counter",
                "Attempts that failed and were followed by one at the route's next target.");
    for (std::size_t provider = 1; provider < names.providers.size(); ++provider) {
        text.sample({{"provider", names.providers.name(provider)}},
                    sum(workers_, [provider](const auto& worker) {
                        return worker.fallbacks_.value(provider);
                    }));
    }
    text.metric("bellwether_continued_streams_total", "counter",
                "Streams that had broken off and went on at this provider.");
    for (std::size_t provider = 1; provider < names.providers.size(); ++provider) {
        text.sample({{"provider", names.providers.name(provider)}},
                    sum(workers_, [provider](const auto& worker) {
                        return worker.continued_.value(provider);
                    }));
    }
}

void Metrics::write_doubts(PrometheusText& text, const MetricNames& names) const {
    text.metric("bellwether_usage_doubted_total", "counter",
                "Reports of usage that were not taken as they are, by provider and reason.");
    for (std::size_t provider = 1; provider < names.providers.size(); ++provider) {
        for (std::size_t doubt = 0; doubt < k_usage_doubts.size(); ++doubt) {
            text.sample(
                {{"provider", names.providers.name(provider)}, {"reason", k_usage_doubts[doubt]}},
                sum(workers_, [at = provider * k_usage_doubts.size() + doubt](const auto& worker) {
                    return worker.doubts_.value(at);
                }));
        }
    }
}

void Metrics::write_shadows(PrometheusText& text, const MetricNames& names) const {
    if (names.shadows.size() == 1) return;
    text.metric("bellwether_shadow_calls_total", "counter",
                "Copies of calls for the shadow of their route, by what became of them.");
    for (std::size_t route = 1; route < names.shadows.size(); ++route) {
        const std::size_t first = route * k_shadow_outcomes.size();
        for (std::size_t outcome = 0; outcome < k_shadow_outcomes.size(); ++outcome) {
            const auto count = sum(workers_, [at = first + outcome](const auto& worker) {
                return worker.shadows_.value(at);
            });
            text.sample(
                {{"route", names.shadows.name(route)}, {"outcome", k_shadow_outcomes[outcome]}},
                count);
        }
    }
}

void Metrics::write_keys_refused(PrometheusText& text) const {
    text.metric("bellwether_client_keys_refused_total", "counter",
                "Requests without a client key that counts, by reason.");
    for (std::size_t reason = 0; reason < k_key_faults.size(); ++reason) {
        text.sample({{"reason", k_key_faults[reason]}}, sum(workers_, [reason](const auto& worker) {
                        return worker.keys_refused_[reason].value();
                    }));
    }
}

void Metrics::write_connections(PrometheusText& text) const {
    const auto number = [&](std::string_view name, std::string_view type, std::string_view help,
                            auto read) {
        text.metric(name, type, help);
        text.sample({}, sum(workers_, read));
    };
    number("bellwether_client_connections_open", "gauge", "Client connections that are open.",
           [](const auto& worker) { return worker.connections_open.value(); });
    number("bellwether_client_connections_accepted_total", "counter",
           "Client connections that were accepted.",
           [](const auto& worker) { return worker.connections_accepted.value(); });
    number("bellwether_client_connections_refused_total", "counter",
           "Client connections that were refused, because there were too many.",
           [](const auto& worker) { return worker.connections_refused.value(); });
    if (workers_.front()->upstream_connections.open == nullptr) return;
    number("bellwether_upstream_connections_open", "gauge",
           "Connections to providers, idle ones too.",
           [](const auto& worker) { return worker.upstream_connections.open->value(); });
    number("bellwether_upstream_connections_opened_total", "counter",
           "Connections to providers that were opened.",
           [](const auto& worker) { return worker.upstream_connections.opened->value(); });
    number("bellwether_upstream_connections_reused_total", "counter",
           "Exchanges that used a connection that was open already.",
           [](const auto& worker) { return worker.upstream_connections.reused->value(); });
}

}  // namespace bellwether::observe
