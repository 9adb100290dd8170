// Finds the configured client key that a client presents, and so who calls. Built once, constant
// afterwards, shared by all workers.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.hpp"
#include "config/config.hpp"

namespace bellwether::policy {

// Why a key is refused, in the order of observe::k_key_faults. Only a client with the right secret
// is told that its key is disabled or has expired.
enum class KeyFault { missing, ambiguous, unknown, wrong, disabled, expired };

struct KeyRefusal {
    KeyFault fault = KeyFault::unknown;
    const config::Key* key = nullptr;  // the key of the presented id; null: there is none
};

class KeyRing {
  public:
    KeyRing() = default;
    // The keys must outlive the ring and stay where they are. With `asks`, callers need a key even
    // if there is none, and so all are refused.
    explicit KeyRing(std::span<const config::Key> keys, bool asks = false);

    // True if everybody may call, because no key is asked for.
    bool is_open() const { return !asks_; }
    std::size_t size() const { return entries_.size(); }

    // Checks a whole key, "bw-ID-SECRET". The comparison takes the same time, however much of the
    // secret is right.
    std::expected<const config::Key*, KeyRefusal> check(
        std::string_view presented, std::chrono::system_clock::time_point now) const;

    // Finds a key by its public id or, for operators, by its name; null: there is none. Of several
    // with the name it is the one that ends last, which is the newest.
    const config::Key* find_id(std::string_view id) const;
    const config::Key* find(std::string_view name_or_id) const;

  private:
    struct Entry {
        std::string_view id;
        Sha256 hash;
        const config::Key* key;
    };

    const Entry* entry_of(std::string_view id) const;

    std::vector<Entry> entries_;  // sorted by id
    bool asks_ = false;
};

// The SHA-256 of a whole key in lower-case hex: what the config holds. A plain hash is enough: a
// key has 200 random bits, so that nobody finds it by trying.
std::string key_hash(std::string_view key);

}  // namespace bellwether::policy
