// The metrics of Prometheus's process collector, read from /proc at each scrape.
#pragma once

#include "observe/prometheus.hpp"

namespace bellwether::observe {

// Appends process_*; leaves out what the system does not tell.
void write_process_metrics(PrometheusText& text);

}  // namespace bellwether::observe
