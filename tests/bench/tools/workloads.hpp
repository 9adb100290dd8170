// The workloads of bench_load. Each runs to its end and prints its result.
#pragma once

#include "options.hpp"

namespace bench {

void closed_loop(const Options& options);
void open_loop(const Options& options);
void streams(const Options& options);
void hold_idle(const Options& options);
void hold_slow(const Options& options);
void drain(const Options& options);

}  // namespace bench
