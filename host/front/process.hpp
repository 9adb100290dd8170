// `Process` is what a running host keeps from its start to its end, whatever its configuration. The
// type of each member says which thread may use it.
#pragma once

#include <atomic>
#include <functional>

#include "front/body_room.hpp"
#include "observe/metrics.hpp"
#include "report/reload_report.hpp"

namespace bellwether::front {

struct Process {
    observe::Metrics metrics;  // each worker writes its own; any thread reads
    BodyRoom body_room;
    std::atomic<bool> draining{false};  // set once, when the host begins to end
    report::ReloadCounts reloads{};
    // Reads the config again, and calls back on a thread of its own. Any thread. Empty: this host
    // cannot.
    report::AskReload reload{};
};

}  // namespace bellwether::front
