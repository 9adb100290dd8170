// GET /metrics: the host's metrics in Prometheus's text format.
#pragma once

#include "observe/metric_names.hpp"
#include "serve/surface.hpp"

namespace bw::serve {

// The label sets that a configuration gives.
observe::MetricNames metric_names(const Host& host);

Answer metrics_page(const Context& context);

}  // namespace bw::serve
