#include "policy/keys/key_ring.hpp"

#include <algorithm>

#include "config/key_form.hpp"

namespace bellwether::policy {
namespace {

int digit_of(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

Sha256 from_hex(std::string_view digits) {
    Sha256 hash{};
    for (std::size_t i = 0; i < hash.size() && 2 * i + 1 < digits.size(); ++i) {
        hash[i] =
            static_cast<unsigned char>(digit_of(digits[2 * i]) * 16 + digit_of(digits[2 * i + 1]));
    }
    return hash;
}

}  // namespace

KeyRing::KeyRing(std::span<const config::Key> keys, bool asks) : asks_(asks || !keys.empty()) {
    for (const auto& key : keys) entries_.push_back({key.id, from_hex(key.sha256), &key});
    std::ranges::sort(entries_, {}, &Entry::id);
}

const KeyRing::Entry* KeyRing::entry_of(std::string_view id) const {
    const auto found = std::ranges::lower_bound(entries_, id, {}, &Entry::id);
    return found != entries_.end() && found->id == id ? &*found : nullptr;
}

const config::Key* KeyRing::find_id(std::string_view id) const {
    const Entry* entry = entry_of(id);
    return entry == nullptr ? nullptr : entry->key;
}

const config::Key* KeyRing::find(std::string_view name_or_id) const {
    const config::Key* latest = nullptr;
    for (const Entry& entry : entries_) {
        if (entry.key->name != name_or_id) continue;
        if (latest == nullptr || config::ends_after(*entry.key, *latest)) latest = entry.key;
    }
    return latest != nullptr ? latest : find_id(name_or_id);
}

// An unknown id is compared as well, with a hash that no key has, so that a refusal takes the same
// time.
std::expected<const config::Key*, KeyRefusal> KeyRing::check(
    std::string_view presented, std::chrono::system_clock::time_point now) const {
    const auto id = config::key_id_of(presented);
    const Entry* entry = id ? entry_of(*id) : nullptr;
    static constexpr Sha256 k_nobody{};
    const Sha256& expected = entry != nullptr ? entry->hash : k_nobody;
    const Sha256 hash = sha256(presented.substr(0, config::k_key_bytes_max));
    const bool same = equal_in_constant_time(hash, expected);
    const auto refuse = [entry](KeyFault fault) {
        return std::unexpected(KeyRefusal{fault, entry == nullptr ? nullptr : entry->key});
    };
    if (entry == nullptr) return refuse(KeyFault::unknown);
    if (!same) return refuse(KeyFault::wrong);
    if (entry->key->disabled) return refuse(KeyFault::disabled);
    if (config::has_ended(*entry->key, now)) return refuse(KeyFault::expired);
    return entry->key;
}

std::string key_hash(std::string_view key) { return to_hex(sha256(key)); }

}  // namespace bellwether::policy
