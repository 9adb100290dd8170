// The budgets and limits among the metrics: what they are, how full, and who waits for them.
#pragma once

#include "front/context.hpp"
#include "observe/prometheus.hpp"

namespace bw::pages {

// Reads the ledger, which may have to be waited for.
void write_budget_gauges(observe::PrometheusText& text, const front::Running& running);

// Waits for nothing.
void write_waiting_gauge(observe::PrometheusText& text, const front::Running& running);

}  // namespace bw::pages
