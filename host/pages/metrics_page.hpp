// GET /metrics: the host's metrics in Prometheus's text format.
#pragma once

#include "front/answer.hpp"
#include "observe/metric_names.hpp"

namespace bw::pages {

// The label sets that a configuration gives.
observe::MetricNames metric_names(const front::Host& host);

// What any listener tells. Waits for nothing.
front::Answer metrics_page(const front::Context& context);
// All of it, on the admin listener: how the budgets stand as well, which is read from the ledger.
front::Answer admin_metrics_page(const front::Context& context);

}  // namespace bw::pages
