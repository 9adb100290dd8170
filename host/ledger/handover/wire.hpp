// What two hosts say to each other of a ledger that goes from one to the other: the bytes of its
// contents, and of holds, settlements and verdicts. Both run on one machine, and know each other's
// version, so that numbers are as they are in memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ledger/local_store.hpp"

namespace bellwether::ledger {

// To be raised with every change of what follows, or of the values that it carries. Hosts whose
// numbers differ do not talk.
inline constexpr std::uint32_t k_handover_version = 3;
// The longest message of a relayed call; a longer one is no message.
inline constexpr std::uint32_t k_relayed_bytes_max = 1u << 20;

// What the old host asks of the new one, which has the ledger.
using RelayedAsk = std::variant<Hold, Settlement>;

// What the new host answers to a hold. One that is given is written already.
struct RelayedAnswer {
    HoldId id;
    Verdict verdict;
};

std::string to_bytes(const RelayedAsk& ask);
std::string to_bytes(const RelayedAnswer& answer);
std::string to_bytes(const MovedStore& moved);

// Nothing: these bytes are no such message.
std::optional<RelayedAsk> read_ask(std::string_view bytes);
std::optional<RelayedAnswer> read_answer(std::string_view bytes);
std::optional<MovedStore> read_moved(std::string_view bytes);

}  // namespace bellwether::ledger
