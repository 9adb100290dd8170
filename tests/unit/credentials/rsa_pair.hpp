// RSA keys that are made for one test run, so that none stands in the tree.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string>
#include <string_view>

#include "json/writer.hpp"

namespace bellwether::credentials {

class KeyPair {
  public:
    explicit KeyPair(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}
    static KeyPair rsa(unsigned bits = 2048) { return KeyPair(EVP_RSA_gen(bits)); }
    static KeyPair elliptic() { return KeyPair(EVP_EC_gen("P-256")); }

    std::string pem() const {
        const std::unique_ptr<BIO, decltype(&BIO_free_all)> memory(BIO_new(BIO_s_mem()),
                                                                   &BIO_free_all);
        PEM_write_bio_PrivateKey(memory.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        char* text = nullptr;
        const long size = BIO_get_mem_data(memory.get(), &text);
        return {text, static_cast<std::size_t>(size)};
    }

    bool verifies(std::string_view bytes, std::string_view signature) const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                             &EVP_MD_CTX_free);
        const auto raw = [](std::string_view text) {
            return reinterpret_cast<const unsigned char*>(text.data());
        };
        return EVP_DigestVerifyInit(digest.get(), nullptr, EVP_sha256(), nullptr, key_.get()) ==
                   1 &&
               EVP_DigestVerify(digest.get(), raw(signature), signature.size(), raw(bytes),
                                bytes.size()) == 1;
    }

  private:
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

// One key for all tests, as making one takes a while.
inline const KeyPair& rsa_pair() {
    static const KeyPair pair = KeyPair::rsa();
    return pair;
}

inline std::string account_json(std::string_view pem,
                                std::string_view url = "https://oauth2.googleapis.com/token") {
    json::Writer writer;
    writer.begin_object()
        .field("type", "service_account")
        .field("project_id", "p")
        .field("private_key_id", "kid-1")
        .field("private_key", pem)
        .field("client_email", "bell@p.iam.gserviceaccount.com")
        .field("token_uri", url)
        .end_object();
    return writer.text();
}

}  // namespace bellwether::credentials
