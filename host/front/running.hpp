// `Running` is what the threads of a running host share, besides constants, while one configuration
// is in effect. What it knows of things that the next configuration leaves as they are goes over to
// that one's. The type of each member says which thread may use it.
#pragma once

#include <memory>

#include "front/process.hpp"
#include "ledger/ledger.hpp"
#include "policy/admission/waiting_counts.hpp"
#include "policy/notices/warnings.hpp"
#include "policy/upstreams/upstreams.hpp"
#include "report/budget_watch.hpp"

namespace bellwether::front {

struct Running {
    Process& process;
    std::unique_ptr<policy::Warnings> warnings{};
    std::unique_ptr<policy::WebhookCounts> webhook_counts{};
    std::unique_ptr<policy::Upstreams> upstreams{};
    std::unique_ptr<policy::WaitingCounts> waiting{};
    std::shared_ptr<ledger::Store> ledger{};              // null: nothing is counted; any thread
    std::unique_ptr<report::BudgetWatch> budget_watch{};  // null: no ledger; the admin thread's
};

}  // namespace bellwether::front
