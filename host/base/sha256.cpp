#include "base/sha256.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <iterator>
#include <memory>
#include <stdexcept>

namespace bellwether {
namespace {

// OpenSSL's SHA-256, looked up in its tables only once, as that costs more than hashing a key.
const EVP_MD* algorithm() {
    static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return found;
}

}  // namespace

Sha256 sha256(std::string_view bytes) {
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    Sha256 hash{};
    const bool done = context && algorithm() != nullptr &&
                      EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1 &&
                      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
                      EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) == 1;
    if (!done) throw std::runtime_error("SHA-256 is not available");
    return hash;
}

std::string to_hex(const Sha256& hash) {
    std::string digits;
    for (const unsigned char byte : hash)
        fmt::format_to(std::back_inserter(digits), "{:02x}", byte);
    return digits;
}

bool equal_in_constant_time(const Sha256& left, const Sha256& right) {
    return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace bellwether
