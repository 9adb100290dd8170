#include "credentials/crypto.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <bellwether/base64.hpp>
#include <stdexcept>

namespace bellwether::credentials {
namespace {

constexpr int k_rsa_bits_min = 2048;

template <auto function>
struct FreeBy {
    void operator()(auto* object) const { function(object); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeBy<&EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, FreeBy<&BIO_free_all>>;
using Digest = std::unique_ptr<EVP_MD_CTX, FreeBy<&EVP_MD_CTX_free>>;

// An encrypted key would make OpenSSL ask for its password at the terminal.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
    Sha256 hash{};
    unsigned size = 0;
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
    const bool done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data,
                           bytes.size(), hash.data(), &size) != nullptr;
    if (!done || size != hash.size()) throw std::runtime_error("HMAC-SHA-256 is not available");
    return hash;
}

std::string_view bytes_of(const Sha256& hash) {
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

std::string base64_url(std::string_view bytes) {
    std::string text = bw::base64::encode(bytes);
    while (text.ends_with('=')) text.pop_back();
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
}

struct RsaKey::Impl {
    std::shared_ptr<EVP_PKEY> key;
};

std::expected<RsaKey, std::string> RsaKey::from_pem(std::string_view pem) {
    if (pem.find("ENCRYPTED") != pem.npos) {
        return std::unexpected("is encrypted with a password; use the key as it was downloaded");
    }
    const Memory memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!memory) return std::unexpected("cannot be read, as memory is short");
    Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, &no_password, nullptr));
    ERR_clear_error();
    if (!key) {
        return std::unexpected(
            "is no PEM text of a private key (-----BEGIN PRIVATE KEY----- ...); its line ends must "
            "be kept, as \\n within JSON");
    }
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
        return std::unexpected("is not an RSA key");
    }
    if (EVP_PKEY_get_bits(key.get()) < k_rsa_bits_min) {
        return std::unexpected("is shorter than 2048 bits");
    }
    return RsaKey(std::make_shared<const Impl>(std::move(key)));
}

std::expected<std::string, std::string> RsaKey::sign_sha256(std::string_view bytes) const {
    const Digest digest(EVP_MD_CTX_new());
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t size = 0;
    std::string signature;
    const auto failed = [] {
        ERR_clear_error();
        return std::unexpected("OpenSSL cannot sign with the private key");
    };
    if (!digest ||
        EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, impl_->key.get()) != 1) {
        return failed();
    }
    if (EVP_DigestSign(digest.get(), nullptr, &size, data, bytes.size()) != 1) return failed();
    signature.resize(size);
    auto* const out = reinterpret_cast<unsigned char*>(signature.data());
    if (EVP_DigestSign(digest.get(), out, &size, data, bytes.size()) != 1) return failed();
    signature.resize(size);
    return signature;
}

}  // namespace bellwether::credentials
