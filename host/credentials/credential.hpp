// `Credential` is one that is ready to use: its kind, its checked values, and for kinds that need
// tokens the source of them. `authorize` writes it into a request. Built at start-up; constant
// afterwards and shared by all workers. Nothing here ever prints a secret.
#pragma once

#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "credentials/credential_kind.hpp"
#include "credentials/token_source.hpp"
#include "net/transport.hpp"

namespace bellwether::credentials {

class Credential {
  public:
    // `tokens`: how tokens are fetched, if the kind needs any; its `name` is in every error. The
    // error is a whole sentence.
    static std::expected<Credential, std::string> make(CredentialKind kind, CredentialValues values,
                                                       TokenSource::Options tokens);

    const std::string& name() const { return name_; }
    const CredentialKind& kind() const { return kind_; }
    // Null: it needs none.
    const std::shared_ptr<TokenSource>& tokens() const { return tokens_; }
    // Whether it depends on all of the request, so that others come first.
    bool signs() const { return std::holds_alternative<AwsSigV4Kind>(kind_); }

  private:
    friend class Writing;

    Credential(std::string name, CredentialKind kind, CredentialValues values)
        : name_(std::move(name)), kind_(std::move(kind)), values_(std::move(values)) {}

    std::string name_;
    CredentialKind kind_;
    CredentialValues values_;
    AwsKeys keys_;  // those that do not change
    std::shared_ptr<TokenSource> tokens_;
};

// A credential with the token that it needs, if it needs one.
struct ReadyCredential {
    const Credential* credential = nullptr;
    std::shared_ptr<const LiveToken> token;
};

struct AuthorizeOptions {
    // SHA-256 in hexadecimal of a body that is not in Request::body, or k_unsigned_payload; empty:
    // it is computed of Request::body.
    std::string_view body_hash;
    WallTime now = Clock::wall();
};

// Writes the credentials into the request, signers last. Headers of the same names that are there
// already are replaced. The request must be whole: its method, URL, headers and body.
Result<void> authorize(std::span<const ReadyCredential> credentials, net::Request& request,
                       const AuthorizeOptions& options = {});

// The URL with one more field in its query.
std::string with_query(std::string_view url, std::string_view name, std::string_view value);

}  // namespace bellwether::credentials
