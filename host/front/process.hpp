// `Process` is what a running host keeps from its start to its end, whatever its configuration. The
// type of each member says which thread may use it.
#pragma once

#include <atomic>
#include <functional>

#include "front/body_room.hpp"
#include "observe/metrics.hpp"
#include "report/reload_report.hpp"
#include "report/upgrade_report.hpp"

namespace bellwether::front {

struct Process {
    observe::Metrics metrics;  // each worker writes its own; any thread reads
    BodyRoom body_room;
    // Set once, when the host begins to end. Calls may still be taken for a time.
    std::atomic<bool> draining{false};
    // Set once, before `draining`, when another host has taken over.
    std::atomic<bool> followed{false};
    // Whether another process has opened the socket, so that its address stays until a restart. Not
    // changed once there are several threads.
    bool api_inherited = false;
    bool admin_inherited = false;
    report::ReloadCounts reloads{};
    // Reads the config again, and calls back on a thread of its own. Any thread. Empty: this host
    // cannot.
    report::AskReload reload{};
    // Lets another host take over, and calls back in the same way.
    report::AskUpgrade upgrade{};
};

}  // namespace bellwether::front
