// bench_load WORKLOAD --port N [--name value …]: one kind of load on a gateway on this machine, its
// result as one line of JSON on standard output. Bounded in time, the same in each run.
//
//   closed   connections that send their next request when the last is answered
//   open     requests at a fixed rate; latency counts from when each should have been sent
//   streams  streams at once, their chunks' delays
//   idle     connections that were used once and do nothing; until standard input ends
//   slow     streams that are hardly read or not at all; until standard input ends
//   drain    one stream, read as fast as it comes
//
// --pids A,B: processes whose CPU time and memory are watched. All times are in seconds.
#include <cstdio>
#include <string_view>

#include "network.hpp"
#include "workloads.hpp"

int main(int argc, char** argv) {
    const std::string_view workload(argc > 1 ? argv[1] : "");
    const bench::Options options(argc, argv, 2);
    bench::prepare_process();
    if (workload == "closed") return bench::closed_loop(options), 0;
    if (workload == "open") return bench::open_loop(options), 0;
    if (workload == "streams") return bench::streams(options), 0;
    if (workload == "idle") return bench::hold_idle(options), 0;
    if (workload == "slow") return bench::hold_slow(options), 0;
    if (workload == "drain") return bench::drain(options), 0;
    std::fprintf(stderr, "expected a workload: closed, open, streams, idle, slow or drain\n");
    return 2;
}
