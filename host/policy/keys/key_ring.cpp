#include "policy/keys/key_ring.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "config/key_form.hpp"

namespace bw::policy {
namespace {

using Hash = std::array<unsigned char, 32>;

// The algorithm is looked up in OpenSSL's tables only once, because that costs more than hashing a
// key.
const EVP_MD* sha256() {
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return algorithm;
}

// A plain hash is enough: a key has 200 random bits, so that nobody finds it by trying.
Hash hash_of(std::string_view key) {
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    Hash hash{};
    const bool done = context && sha256() != nullptr &&
                      EVP_DigestInit_ex2(context.get(), sha256(), nullptr) == 1 &&
                      EVP_DigestUpdate(context.get(), key.data(), key.size()) == 1 &&
                      EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1;
    if (!done) throw std::runtime_error("SHA-256 is not available");
    return hash;
}

int digit_of(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

Hash from_hex(std::string_view digits) {
    Hash hash{};
    for (std::size_t i = 0; i < hash.size() && 2 * i + 1 < digits.size(); ++i) {
        hash[i] =
            static_cast<unsigned char>(digit_of(digits[2 * i]) * 16 + digit_of(digits[2 * i + 1]));
    }
    return hash;
}

}  // namespace

KeyRing::KeyRing(std::span<const config::Key> keys) {
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
    for (const Entry& entry : entries_) {
        if (entry.key->name == name_or_id) return entry.key;
    }
    return find_id(name_or_id);
}

// An unknown id is compared as well, with a hash that no key has, so that a refusal takes the same
// time.
std::expected<const config::Key*, KeyRefusal> KeyRing::check(
    std::string_view presented, std::chrono::system_clock::time_point now) const {
    const auto id = config::key_id_of(presented);
    const Entry* entry = id ? entry_of(*id) : nullptr;
    static constexpr Hash k_nobody{};
    const Hash& expected = entry != nullptr ? entry->hash : k_nobody;
    const Hash hash = hash_of(presented.substr(0, config::k_key_bytes_max));
    const bool same = CRYPTO_memcmp(hash.data(), expected.data(), hash.size()) == 0;
    const auto refuse = [entry](KeyFault fault) {
        return std::unexpected(KeyRefusal{fault, entry == nullptr ? nullptr : entry->key});
    };
    if (entry == nullptr) return refuse(KeyFault::unknown);
    if (!same) return refuse(KeyFault::wrong);
    if (entry->key->disabled) return refuse(KeyFault::disabled);
    if (entry->key->expires &&
        std::chrono::floor<std::chrono::seconds>(now) >= *entry->key->expires)
        return refuse(KeyFault::expired);
    return entry->key;
}

std::string key_hash(std::string_view key) {
    std::string digits;
    for (const unsigned char byte : hash_of(key)) digits += fmt::format("{:02x}", byte);
    return digits;
}

}  // namespace bw::policy
