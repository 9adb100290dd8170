#include "credentials/credential.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bellwether/base64.hpp>
#include <iterator>
#include <utility>

#include "base/ascii.hpp"
#include "base/sha256.hpp"
#include "credentials/credential_check.hpp"
#include "credentials/percent.hpp"
#include "credentials/service_account.hpp"

namespace bellwether::credentials {
namespace {

// What gives the tokens of a kind; null: it needs none. The error continues the credential's name.
struct GiverOf {
    using Giver = std::expected<std::shared_ptr<const TokenGiver>, std::string>;

    const CredentialValues& values;

    Giver operator()(const GoogleServiceAccountKind& kind) const {
        auto account = ServiceAccount::read(values.secret);
        if (!account) return std::unexpected("the service account's key " + account.error());
        return google_tokens(std::move(*account), kind.scopes);
    }
    Giver operator()(const ClientCredentialsKind& kind) const {
        ClientCredentials client{.token_url = kind.token_url,
                                 .client_id = values.id,
                                 .client_secret = values.secret,
                                 .scope = kind.scope,
                                 .audience = kind.audience,
                                 .place = kind.place};
        if (!kind.tenant.empty()) {
            client = entra_id(kind.tenant, values.id, values.secret, kind.scope);
        }
        return client_tokens(std::move(client));
    }
    Giver operator()(const AwsSigV4Kind&) const {
        const auto* const role =
            values.aws ? std::get_if<std::shared_ptr<const TokenGiver>>(&*values.aws) : nullptr;
        return role == nullptr ? nullptr : *role;
    }
    Giver operator()(const auto&) const { return nullptr; }
};

AwsKeys keys_of(const CredentialValues& values) {
    if (!values.aws) return {values.id, values.secret, values.session_token};
    const auto* const keys = std::get_if<AwsKeys>(&*values.aws);
    return keys == nullptr ? AwsKeys() : *keys;
}

void drop_header(net::Request& request, std::string_view lowered) {
    std::erase_if(request.headers, [&](const std::string& header) {
        return header.size() > lowered.size() && header[lowered.size()] == ':' &&
               lower(std::string_view(header).substr(0, lowered.size())) == lowered;
    });
}

void set_header(net::Request& request, std::string_view name, std::string_view value) {
    const std::string lowered = lower(name);
    drop_header(request, lowered);
    request.headers.push_back(fmt::format("{}: {}", lowered, value));
}

}  // namespace

std::expected<Credential, std::string> Credential::make(CredentialKind kind,
                                                        CredentialValues values,
                                                        TokenSource::Options tokens) {
    const auto wrong = [&](const std::string& what) {
        return std::unexpected(fmt::format("{}: {}", tokens.name, what));
    };
    if (const std::string fault = fault_of(kind, values); !fault.empty()) {
        return wrong("it " + fault);
    }
    auto giver = std::visit(GiverOf{values}, kind);
    if (!giver) return wrong(giver.error());
    Credential made(tokens.name, std::move(kind), std::move(values));
    if (made.signs()) made.keys_ = keys_of(made.values_);
    if (*giver) {
        made.values_ = {};  // the giver has what it needs of them
        made.tokens_ = TokenSource::make(std::move(*giver), std::move(tokens));
    }
    return made;
}

// Writes one credential into a request, by its kind.
class Writing {
  public:
    Writing(const ReadyCredential& ready, net::Request& request, const AuthorizeOptions& options)
        : credential_(*ready.credential),
          token_(ready.token.get()),
          request_(request),
          options_(options) {}

    bool lacks_token() const { return credential_.tokens_ && token_ == nullptr; }
    void write() { std::visit(*this, credential_.kind_); }

    void operator()(const BearerKind&) { bearer(credential_.values_.secret); }
    void operator()(const HeaderKind& kind) {
        set_header(request_, kind.name, kind.prefix + credential_.values_.secret);
    }
    void operator()(const QueryKind& kind) {
        request_.url = with_query(request_.url, kind.name, credential_.values_.secret);
    }
    void operator()(const BasicKind&) {
        const auto& values = credential_.values_;
        set_header(request_, "authorization",
                   "Basic " + bw::base64::encode(values.id + ":" + values.secret));
    }
    void operator()(const AwsSigV4Kind& kind) {
        const AwsKeys* const keys =
            token_ == nullptr ? &credential_.keys_ : std::get_if<AwsKeys>(&token_->value);
        std::string hash(options_.body_hash);
        if (hash.empty()) hash = to_hex(sha256(request_.body));
        for (const char* name :
             {"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}) {
            drop_header(request_, name);
        }
        const SignedRequest request{.method = request_.method,
                                    .url = request_.url,
                                    .headers = request_.headers,
                                    .body_hash = hash};
        auto added = sigv4_headers(request, *keys, kind.scope, options_.now);
        std::ranges::move(added, std::back_inserter(request_.headers));
    }
    void operator()(const GoogleServiceAccountKind&) { token(); }
    void operator()(const ClientCredentialsKind&) { token(); }

  private:
    void bearer(std::string_view secret) {
        set_header(request_, "authorization", fmt::format("Bearer {}", secret));
    }
    void token() { bearer(std::get<std::string>(token_->value)); }

    const Credential& credential_;
    const LiveToken* const token_;
    net::Request& request_;
    const AuthorizeOptions& options_;
};

Result<void> authorize(std::span<const ReadyCredential> credentials, net::Request& request,
                       const AuthorizeOptions& options) {
    for (const bool signers : {false, true}) {
        for (const ReadyCredential& ready : credentials) {
            if (ready.credential->signs() != signers) continue;
            Writing writing(ready, request, options);
            if (writing.lacks_token()) {
                return fail(ErrorKind::internal,
                            ready.credential->name() + ": no token was waited for");
            }
            writing.write();
        }
    }
    return {};
}

std::string with_query(std::string_view url, std::string_view name, std::string_view value) {
    const auto fragment = std::min(url.find('#'), url.size());
    const std::string_view before = url.substr(0, fragment);
    const auto mark = before.find('?');
    std::string_view joint = "?";
    if (mark != before.npos) joint = mark + 1 == before.size() || before.ends_with('&') ? "" : "&";
    return fmt::format("{}{}{}={}{}", before, joint, percent_encoded(name), percent_encoded(value),
                       url.substr(fragment));
}

}  // namespace bellwether::credentials
