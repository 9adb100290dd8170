#include "credentials/client_credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bellwether/base64.hpp>

#include "base/ascii.hpp"
#include "credentials/oauth2.hpp"
#include "credentials/percent.hpp"

namespace bellwether::credentials {
namespace {

// As RFC 6749 wants it, both are encoded before they are joined.
std::string basic_pair(const ClientCredentials& credentials) {
    return bw::base64::encode(percent_encoded(credentials.client_id) + ":" +
                              percent_encoded(credentials.client_secret));
}

class ClientTalk final : public TokenTalk {
  public:
    explicit ClientTalk(const ClientCredentials& credentials) : credentials_(credentials) {}

    std::expected<TokenRequest, TokenRefusal> begin() override {
        return token_request(credentials_);
    }
    std::expected<TokenStep, TokenRefusal> answered(int status, std::string_view body) override {
        const std::string pair = basic_pair(credentials_);
        const std::array<std::string_view, 2> secrets{credentials_.client_secret, pair};
        auto token = read_token_answer(status, body, secrets);
        if (!token) return std::unexpected(advised(std::move(token.error())));
        return std::move(*token);
    }

  private:
    static TokenRefusal advised(TokenRefusal refusal) {
        const std::string_view code = refusal.code;
        if (code == "invalid_client" || code == "unauthorized_client") {
            refusal.what += " (check the client id and its secret, and that it has not expired)";
        } else if (code == "invalid_scope" || code == "invalid_target") {
            refusal.what += " (check the scope of the config)";
        }
        return refusal;
    }

    const ClientCredentials& credentials_;
};

class ClientTokens final : public TokenGiver {
  public:
    explicit ClientTokens(ClientCredentials credentials) : credentials_(std::move(credentials)) {}
    std::unique_ptr<TokenTalk> talk() const override {
        return std::make_unique<ClientTalk>(credentials_);
    }

  private:
    const ClientCredentials credentials_;
};

}  // namespace

ClientCredentials entra_id(std::string_view tenant, std::string client_id,
                           std::string client_secret, std::string scope) {
    return {
        .token_url = fmt::format("https://login.microsoftonline.com/{}/oauth2/v2.0/token", tenant),
        .client_id = std::move(client_id),
        .client_secret = std::move(client_secret),
        .scope = scope.empty() ? std::string(k_azure_scope) : std::move(scope),
        .place = ClientSecretPlace::body};
}

std::string tenant_fault(std::string_view tenant) {
    const auto fits = [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; };
    if (tenant.empty()) return "has no tenant: give the id of the directory";
    if (!std::ranges::all_of(tenant, fits) || tenant.find("..") != tenant.npos) {
        return "has a tenant that is neither a directory's id nor a domain";
    }
    return {};
}

std::string fault_of(const ClientCredentials& credentials) {
    if (std::string fault = token_url_fault(credentials.token_url); !fault.empty()) {
        return "has a token URL that " + fault;
    }
    if (credentials.client_id.empty()) return "has no client id";
    if (credentials.client_secret.empty()) return "has no client secret";
    return {};
}

TokenRequest token_request(const ClientCredentials& credentials) {
    const bool in_body = credentials.place == ClientSecretPlace::body;
    const std::string_view none;
    TokenRequest request = form_request(
        credentials.token_url, form({{"grant_type", "client_credentials"},
                                     {"client_id", in_body ? credentials.client_id : none},
                                     {"client_secret", in_body ? credentials.client_secret : none},
                                     {"scope", credentials.scope},
                                     {"audience", credentials.audience}}));
    if (!in_body) request.headers.push_back("authorization: Basic " + basic_pair(credentials));
    return request;
}

std::shared_ptr<const TokenGiver> client_tokens(ClientCredentials credentials) {
    return std::make_shared<ClientTokens>(std::move(credentials));
}

}  // namespace bellwether::credentials
