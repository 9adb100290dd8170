// The kinds of credentials that a plugin's manifest may name, with what is not secret about them,
// and the values that a config gives. Constants after start-up.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "credentials/aws_role.hpp"
#include "credentials/client_credentials.hpp"

namespace bellwether::credentials {

struct BearerKind {};  // authorization: Bearer SECRET

struct HeaderKind {
    std::string name;    // "x-api-key"
    std::string prefix;  // before the secret: "Token "; may be empty
};

struct QueryKind {
    std::string name;  // "key": the URL gets key=SECRET
};

struct BasicKind {};  // authorization: Basic, of a user's name and a password

struct AwsSigV4Kind {
    AwsScope scope;
};

struct GoogleServiceAccountKind {
    std::vector<std::string> scopes;  // empty: k_google_scope
};

// Either a token URL, or a tenant of Microsoft Entra ID.
struct ClientCredentialsKind {
    std::string token_url;
    std::string tenant;
    std::string scope;
    std::string audience;
    ClientSecretPlace place = ClientSecretPlace::header;  // Entra ID has its own
};

using CredentialKind = std::variant<BearerKind, HeaderKind, QueryKind, BasicKind, AwsSigV4Kind,
                                    GoogleServiceAccountKind, ClientCredentialsKind>;

// "bearer", "header", "query", "basic", "aws-sigv4", "google-service-account",
// "oauth2-client-credentials": the names of a manifest, and, behind "auth.", of capabilities.
std::string_view name_of(const CredentialKind& kind);

// All of these names.
std::span<const std::string_view> kind_names();

// A kind by its name, without its parameters. Nothing: there is none of that name.
std::optional<CredentialKind> kind_named(std::string_view name);

// What the config gives for one credential; which members are used is the kind's.
struct CredentialValues {
    std::string id;             // a user's name, a client's id, the id of an AWS key
    std::string secret;         // the rest; of a service account its whole JSON file. Never printed
    std::string session_token;  // of temporary AWS keys. Never printed
    std::optional<AwsOrigin> aws;  // where AWS's tools look; instead of `id` and `secret`
};

}  // namespace bellwether::credentials
