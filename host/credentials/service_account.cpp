#include "credentials/service_account.hpp"

#include <fmt/format.h>

#include <array>

#include "base/clock.hpp"
#include "credentials/oauth2.hpp"
#include "credentials/percent.hpp"
#include "credentials/told_text.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace bellwether::credentials {
namespace {

constexpr std::chrono::seconds k_assertion_lifetime = std::chrono::hours(1);  // Google's longest

// Another kind of file that Google's tools write, and which somebody may take for a key.
std::string wrong_type(std::string_view type) {
    if (type.empty()) {
        return "has no \"type\": it must be the JSON file that Google Cloud gives for a key of a "
               "service account";
    }
    if (type == "authorized_user") {
        return "is a person's own sign-in (\"authorized_user\"); make a key of a service account "
               "and use that file";
    }
    if (type == "external_account") {
        return "is a workload identity (\"external_account\"), which this host does not use; make "
               "a key of a service account and use that file";
    }
    return "has another \"type\" than \"service_account\"; make a key of a service account and "
           "use that file";
}

class GoogleTalk final : public TokenTalk {
  public:
    GoogleTalk(const ServiceAccount& account, const std::string& scope)
        : account_(account), scope_(scope) {}

    std::expected<TokenRequest, TokenRefusal> begin() override {
        auto made = assertion(account_, scope_, Clock::wall());
        if (!made) return std::unexpected(TokenRefusal{.what = "was not asked: " + made.error()});
        assertion_ = std::move(*made);
        return form_request(account_.token_url, assertion_form(assertion_));
    }
    std::expected<TokenStep, TokenRefusal> answered(int status, std::string_view body) override {
        const std::array<std::string_view, 1> secrets{assertion_};
        auto token = read_token_answer(status, body, secrets);
        if (!token) return std::unexpected(advised(std::move(token.error())));
        return std::move(*token);
    }

  private:
    TokenRefusal advised(TokenRefusal refusal) const {
        if (refusal.code == "invalid_grant") {
            refusal.what += fmt::format(
                " (check that the key of {} still exists and that this machine's clock is right)",
                account_.email);
        } else if (refusal.code == "invalid_scope") {
            refusal.what += " (check the scopes of the config)";
        }
        return refusal;
    }

    const ServiceAccount& account_;
    const std::string& scope_;
    std::string assertion_;
};

class GoogleTokens final : public TokenGiver {
  public:
    GoogleTokens(ServiceAccount account, std::string scope)
        : account_(std::move(account)), scope_(std::move(scope)) {}
    std::unique_ptr<TokenTalk> talk() const override {
        return std::make_unique<GoogleTalk>(account_, scope_);
    }

  private:
    const ServiceAccount account_;
    const std::string scope_;
};

}  // namespace

std::expected<ServiceAccount, std::string> ServiceAccount::read(std::string_view json) {
    if (!json::valid(json)) {
        return std::unexpected("is no valid JSON: it must be the whole file that Google gave");
    }
    const json::Value file(json);
    if (file.kind() != json::Kind::object) return std::unexpected("is JSON, but no object");
    const std::string type = file["type"].string();
    if (type != "service_account") return std::unexpected(wrong_type(type));
    const std::string email = file["client_email"].string();
    if (email.find('@') == email.npos || !fits_header(email)) {
        return std::unexpected("has no \"client_email\" that is an address; use the whole file");
    }
    const std::string pem = file["private_key"].string();
    if (pem.empty()) return std::unexpected("has no \"private_key\"; use the whole file");
    auto key = RsaKey::from_pem(pem);
    if (!key) return std::unexpected("cannot be used: its \"private_key\" " + key.error());
    std::string url = file["token_uri"].string(k_google_token_url);
    if (const std::string fault = token_url_fault(url); !fault.empty()) {
        return std::unexpected("has a \"token_uri\" that " + fault);
    }
    return ServiceAccount{.email = email,
                          .key_id = file["private_key_id"].string(),
                          .key = std::move(*key),
                          .token_url = std::move(url),
                          .project = file["project_id"].string()};
}

std::expected<std::string, std::string> assertion(const ServiceAccount& account,
                                                  std::string_view scope, WallTime now) {
    json::Writer head;
    head.begin_object().field("alg", "RS256").field("typ", "JWT");
    if (!account.key_id.empty()) head.field("kid", std::string_view(account.key_id));
    head.end_object();
    json::Writer claims;
    claims.begin_object()
        .field("iss", std::string_view(account.email))
        .field("scope", scope)
        .field("aud", std::string_view(account.token_url))
        .field("iat", unix_seconds(now))
        .field("exp", unix_seconds(now + k_assertion_lifetime))
        .end_object();
    const std::string signed_part =
        fmt::format("{}.{}", base64_url(head.view()), base64_url(claims.view()));
    const auto signature = account.key.sign_sha256(signed_part);
    if (!signature) return std::unexpected(signature.error());
    return fmt::format("{}.{}", signed_part, base64_url(*signature));
}

std::string assertion_form(std::string_view assertion) {
    return form(
        {{"grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"}, {"assertion", assertion}});
}

std::shared_ptr<const TokenGiver> google_tokens(ServiceAccount account,
                                                const std::vector<std::string>& scopes) {
    std::string scope = fmt::format("{}", fmt::join(scopes, " "));
    if (scope.empty()) scope = k_google_scope;
    return std::make_shared<GoogleTokens>(std::move(account), std::move(scope));
}

}  // namespace bellwether::credentials
