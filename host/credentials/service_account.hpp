// Google service accounts: an assertion signed with the account's key is exchanged for a token
// (RFC 7523, 2.1). Pure but for OpenSSL's randomness.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "credentials/crypto.hpp"
#include "credentials/token.hpp"
#include "credentials/utc.hpp"

namespace bellwether::credentials {

inline constexpr std::string_view k_google_token_url = "https://oauth2.googleapis.com/token";
inline constexpr std::string_view k_google_scope = "https://www.googleapis.com/auth/cloud-platform";

struct ServiceAccount {
    std::string email;   // "name@project.iam.gserviceaccount.com"
    std::string key_id;  // empty: the file does not say it
    RsaKey key;
    std::string token_url;
    std::string project;  // empty: the file does not say it

    // Reads the JSON file that Google gives for a key. The error is a whole sentence's end after
    // "the service account's key ...": what is wrong and what to do, without anything secret.
    static std::expected<ServiceAccount, std::string> read(std::string_view json);
};

// The signed assertion (a JSON Web Token, RS256), which holds for an hour from `now`. Never
// printed.
std::expected<std::string, std::string> assertion(const ServiceAccount& account,
                                                  std::string_view scope, WallTime now);

// The token request's body.
std::string assertion_form(std::string_view assertion);

// `scopes`: empty: k_google_scope.
std::shared_ptr<const TokenGiver> google_tokens(ServiceAccount account,
                                                const std::vector<std::string>& scopes);

}  // namespace bellwether::credentials
