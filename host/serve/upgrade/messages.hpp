// What an old host and the new one that follows it say to each other, in this order: the old one
// welcomes; the new one is ready, once it has read its config and loaded its plugins; the old one
// lets it go, with the ledger if both keep the same one; the new one serves, once the old one has
// heard it. The new one may refuse at any time. Later it says when another host follows itself.
// Texts and back; pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "config/config.hpp"

namespace bellwether::serve {

// With the listening sockets: those of the API, then those of the admin listener.
struct Welcome {
    std::uint64_t handover = 0;  // ledger::k_handover_version of the old host
    std::uint64_t api = 0;       // how many sockets
    std::uint64_t admin = 0;
    bool api_inherited = false;  // another process had opened them, as systemd does
    bool admin_inherited = false;
};
struct ReadyToServe {
    std::string ledger;  // as ledger_text() names it
};
// If it moves the ledger, a message with its contents (ledger::MovedStore), and the sockets of the
// workers that will ask for it, follows.
struct LetGo {
    bool moves_ledger = false;
};
struct Serves {};
struct Heard {};
struct Refuses {
    std::string reason;  // a sentence
};
struct HandedOn {
    std::uint64_t process = 0;  // that has taken over from the new host
};
using UpgradeMessage = std::variant<Welcome, ReadyToServe, LetGo, Serves, Heard, Refuses, HandedOn>;

std::string to_text(const UpgradeMessage& message);
// Nothing: it is none of them.
std::optional<UpgradeMessage> read_upgrade_message(std::string_view text);

// Which ledger a config names: the same text, the same ledger.
std::string ledger_text(const config::Ledger& ledger);

}  // namespace bellwether::serve
