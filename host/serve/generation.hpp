// `Generation` is one configuration in effect: what it makes of the host, and what the threads
// share under it. Calls hold the generation that they began with; it ends with the last of them.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "front/host.hpp"
#include "front/process.hpp"
#include "front/running.hpp"
#include "ledger/open_store.hpp"
#include "report/config_changes.hpp"

namespace bellwether::serve {

class Generation {
  public:
    // Opens the ledger that a config names; null: it names none.
    using OpenLedger =
        std::function<Result<std::unique_ptr<ledger::Store>>(const config::Ledger& ledger)>;

    // The first generation, or the one after `before`, from which it takes over what its config
    // leaves as it is. Opens the ledger if it needs one and none is open. The error is a sentence.
    static std::expected<std::unique_ptr<Generation>, std::string> make(
        front::Host host, front::Process& process, const Generation* before,
        const OpenLedger& open = [](const auto& ledger) { return ledger::open_store(ledger); });
    ~Generation();
    Generation(const Generation&) = delete;
    Generation& operator=(const Generation&) = delete;

    std::uint64_t number() const { return number_; }
    const front::Host& host() const { return host_; }
    const front::Running& running() const { return running_; }

  private:
    Generation(front::Host host, front::Process& process, std::uint64_t number);
    std::expected<void, std::string> open_ledger(const Generation* before, const OpenLedger& open);
    void take_over(const Generation* before);

    const std::uint64_t number_;
    front::Host host_;
    front::Running running_;
};

// Gives the new host the settings of the old one that only a restart changes, among them the
// addresses of sockets that were inherited. Returns the names of those that were changed in vain.
std::vector<std::string> keep_until_restart(front::Host& now, const front::Host& before,
                                            const std::vector<report::ConfigChange>& changes,
                                            const front::Process& process);

}  // namespace bellwether::serve
