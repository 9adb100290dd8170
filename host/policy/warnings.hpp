// Says in the log, once in a window and for each share, how far a budget has come; and what a
// budget that does not refuse would have refused. Shared by all workers.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "ledger/ledger.hpp"
#include "policy/rules.hpp"

namespace bw::policy {

class Warnings {
  public:
    // `standing`: of the claim that was just counted. Cheap as long as there is nothing to say.
    void look(const Asked& asked, const ledger::Standing& standing);

  private:
    struct Said {
        std::int64_t window_start = 0;
        int share = 0;  // the largest that was said, in hundredths of a percent
    };

    std::mutex mutex_;
    std::unordered_map<std::string, Said> said_;  // by counter
};

}  // namespace bw::policy
