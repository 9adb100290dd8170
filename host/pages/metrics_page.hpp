// GET /metrics: the host's metrics in Prometheus's text format.
#pragma once

#include "front/context.hpp"
#include "observe/metric_names.hpp"

namespace bellwether::pages {

// The values of the metrics' labels, which the configuration determines.
observe::MetricNames metric_names(const front::Host& host);

// The metrics on the clients' listener, which serves them only without client keys. Never waits for
// the ledger.
front::Answer metrics_page(const front::Context& context);
// The metrics on the admin listener: the same and the state of the budgets. May block until the
// ledger has been read.
front::Answer admin_metrics_page(const front::Context& context);

}  // namespace bellwether::pages
