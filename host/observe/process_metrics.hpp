// What Prometheus calls the process collector: read from /proc when asked.
#pragma once

#include "observe/prometheus.hpp"

namespace bw::observe {

// Appends process_*; leaves out what the system does not tell.
void write_process_metrics(PrometheusText& text);

}  // namespace bw::observe
