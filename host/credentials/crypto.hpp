// What signing needs of OpenSSL: HMAC-SHA-256, and an RSA key. Any thread. No text that these give
// contains a key or a part of it.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/sha256.hpp"

namespace bellwether::credentials {

// Throws std::runtime_error where the system's OpenSSL has no HMAC.
Sha256 hmac_sha256(std::string_view key, std::string_view bytes);

// The bytes of a hash, to be the key of the next one.
std::string_view bytes_of(const Sha256& hash);

// Base64 with the alphabet for URLs and without padding (RFC 4648, 5; RFC 7515, 2).
std::string base64_url(std::string_view bytes);

// A private RSA key. Constant, so that any thread may sign with it.
class RsaKey {
  public:
    // Reads the PEM text of an unencrypted key (PKCS #8 or PKCS #1). The error continues
    // "the private key ...".
    static std::expected<RsaKey, std::string> from_pem(std::string_view pem);

    // The signature RSASSA-PKCS1-v1_5 with SHA-256, which JSON Web Tokens call RS256. Nothing:
    // OpenSSL has failed.
    std::expected<std::string, std::string> sign_sha256(std::string_view bytes) const;

  private:
    struct Impl;
    explicit RsaKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
    std::shared_ptr<const Impl> impl_;
};

}  // namespace bellwether::credentials
