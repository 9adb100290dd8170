// OAuth 2.0 client credentials (RFC 6749, 4.4): a program's own id and secret for a token.
// Microsoft Entra ID is one form of it. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "credentials/token.hpp"

namespace bellwether::credentials {

// Where the id and the secret are sent: in the header Authorization, which every server must take
// (RFC 6749, 2.3.1), or in the body, which some servers want.
enum class ClientSecretPlace : std::uint8_t { header, body };

struct ClientCredentials {
    std::string token_url;
    std::string client_id;
    std::string client_secret;  // never printed
    std::string scope;          // empty: the server's usual one
    std::string audience;       // some servers want it; empty: not sent
    ClientSecretPlace place = ClientSecretPlace::header;
};

inline constexpr std::string_view k_azure_scope = "https://cognitiveservices.azure.com/.default";

// Those of an app of Microsoft Entra ID. `tenant`: the directory's id or one of its domains. An
// empty scope is k_azure_scope.
ClientCredentials entra_id(std::string_view tenant, std::string client_id,
                           std::string client_secret, std::string scope = {});

// What is wrong, as the end of a sentence that begins with the credential's name; empty: nothing.
// It repeats no secret.
std::string fault_of(const ClientCredentials& credentials);
std::string tenant_fault(std::string_view tenant);

TokenRequest token_request(const ClientCredentials& credentials);

std::shared_ptr<const TokenGiver> client_tokens(ClientCredentials credentials);

}  // namespace bellwether::credentials
