// An upgrade: a new host, of the program and the config as they are on the disk now, takes over the
// listening sockets and the ledger. Until it serves, this host can go on as if nothing had been.
#pragma once

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "config/config.hpp"
#include "ledger/handover/movable_store.hpp"
#include "serve/upgrade/messages.hpp"
#include "serve/upgrade/successor.hpp"

namespace bellwether::serve {

struct UpgradeParts {
    Welcome welcome;
    std::vector<Descriptor> sockets;  // as the welcome counts them
    const config::Ledger& ledger_config;
    ledger::MovableStore* ledger;     // null: there is none that could move
    std::function<bool()> gives_up;   // whether this host is about to end
    std::function<void()> meanwhile;  // done again and again until the new host is ready
};

// Returns the new host as soon as that serves; this host's calls use its ledger then. The error is
// a sentence: the new host has ended, and this one goes on. Takes its time, and is for a thread on
// which no call runs.
std::expected<Successor, std::string> upgrade(const UpgradeParts& parts);

}  // namespace bellwether::serve
