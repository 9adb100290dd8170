// `Running` is what the threads of a running host share besides constants. The type of each member
// says which thread may use it.
#pragma once

#include <atomic>
#include <memory>

#include "front/body_room.hpp"
#include "ledger/ledger.hpp"
#include "observe/metrics.hpp"
#include "policy/admission/waiting_counts.hpp"
#include "policy/notices/warnings.hpp"
#include "policy/upstreams/upstreams.hpp"
#include "report/budget_watch.hpp"

namespace bellwether::front {

struct Running {
    observe::Metrics metrics;  // each worker writes its own; any thread reads
    std::unique_ptr<policy::Warnings> warnings;
    std::unique_ptr<policy::WebhookCounts> webhook_counts;
    std::unique_ptr<policy::Upstreams> upstreams;
    std::unique_ptr<policy::WaitingCounts> waiting;
    std::unique_ptr<ledger::Store> ledger;              // null: nothing is counted; any thread
    std::unique_ptr<report::BudgetWatch> budget_watch;  // null: no ledger; the admin thread's
    std::unique_ptr<BodyRoom> body_room;
    std::atomic<bool> draining{false};  // set once, when the host begins to end
};

}  // namespace bellwether::front
