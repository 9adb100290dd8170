#include "credentials/aws_role.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "base/clock.hpp"
#include "credentials/oauth2.hpp"
#include "credentials/told_text.hpp"
#include "http/authority.hpp"
#include "json/value.hpp"

namespace bellwether::credentials {
namespace {

constexpr std::string_view k_container_agent = "http://169.254.170.2";
constexpr std::array<std::string_view, 3> k_agents = {"169.254.170.2", "169.254.170.23",
                                                      "fd00:ec2::23"};
constexpr std::string_view k_roles = "/latest/meta-data/iam/security-credentials/";

TokenRefusal refusal(std::string what, int status) {
    const bool may_pass = status >= 500 || status == 429;
    return {.what = std::move(what), .may_pass = may_pass, .status = status};
}

std::string trimmed_word(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

bool is_agent(std::string_view url) {
    constexpr std::string_view k_plain = "http://";
    if (!url.starts_with(k_plain)) return false;
    url.remove_prefix(k_plain.size());
    const std::string_view authority = url.substr(0, url.find_first_of("/?#"));
    if (!http::is_authority(authority)) return false;
    return std::ranges::find(k_agents, lower(http::host_of(authority))) != k_agents.end();
}

class ContainerTalk final : public TokenTalk {
  public:
    explicit ContainerTalk(const ContainerRole& role) : role_(role) {}

    std::expected<TokenRequest, TokenRefusal> begin() override {
        std::string token = role_.token;
        if (!role_.token_file.empty()) {
            auto text = read_small_file(role_.token_file);
            if (!text) return std::unexpected(refusal("was not asked: " + text.error(), 0));
            token = trimmed_word(*text);
        }
        TokenRequest request{.method = "GET", .url = role_.url};
        request.headers.emplace_back("accept: application/json");
        if (token.empty()) return request;
        if (!fits_header(token)) {
            return std::unexpected(
                refusal("was not asked: its authorization token has a character that no header "
                        "can carry",
                        0));
        }
        request.headers.push_back("authorization: " + token);
        return request;
    }
    std::expected<TokenStep, TokenRefusal> answered(int status, std::string_view body) override {
        return read_role_answer(status, body, Clock::wall());
    }

  private:
    const ContainerRole& role_;
};

class ContainerTokens final : public TokenGiver {
  public:
    explicit ContainerTokens(ContainerRole role) : role_(std::move(role)) {}
    std::unique_ptr<TokenTalk> talk() const override {
        return std::make_unique<ContainerTalk>(role_);
    }

  private:
    const ContainerRole role_;
};

// A session with the metadata, then the name of the role, then its keys.
class InstanceTalk final : public TokenTalk {
  public:
    explicit InstanceTalk(const std::string& url) : url_(url) {}

    std::expected<TokenRequest, TokenRefusal> begin() override {
        return TokenRequest{.method = "PUT",
                            .url = url_ + "/latest/api/token",
                            .headers = {"x-aws-ec2-metadata-token-ttl-seconds: 300"}};
    }
    std::expected<TokenStep, TokenRefusal> answered(int status, std::string_view body) override {
        if (session_.empty()) return take_session(status, body);
        if (role_.empty()) return take_role(status, body);
        return read_role_answer(status, body, Clock::wall());
    }

  private:
    std::expected<TokenStep, TokenRefusal> take_session(int status, std::string_view body) {
        session_ = trimmed_word(body);
        if (status == 200 && fits_header(session_)) return get(std::string(k_roles));
        return std::unexpected(refusal(
            fmt::format("answered {} to the request for a session (check that the instance's "
                        "metadata are switched on, and their hop limit where this host runs in a "
                        "container)",
                        status),
            status));
    }
    std::expected<TokenStep, TokenRefusal> take_role(int status, std::string_view body) {
        role_ = trimmed_word(body.substr(0, body.find('\n')));
        const auto fits = [](char c) {
            return is_alphanumeric(c) || std::string_view("+=,.@_-").contains(c);
        };
        if (status == 200 && !role_.empty() && std::ranges::all_of(role_, fits)) {
            return get(std::string(k_roles) + role_);
        }
        const std::string what =
            status == 200 || status == 404
                ? "knows no role of this instance (give the instance a profile with a role)"
                : fmt::format("answered {} to the request for the role's name", status);
        return std::unexpected(refusal(what, status));
    }
    TokenRequest get(std::string path) const {
        return {.method = "GET",
                .url = url_ + path,
                .headers = {"x-aws-ec2-metadata-token: " + session_}};
    }

    const std::string& url_;
    std::string session_;
    std::string role_;
};

class InstanceTokens final : public TokenGiver {
  public:
    explicit InstanceTokens(std::string url) : url_(std::move(url)) {}
    std::unique_ptr<TokenTalk> talk() const override {
        return std::make_unique<InstanceTalk>(url_);
    }

  private:
    const std::string url_;
};

}  // namespace

std::expected<std::optional<ContainerRole>, std::string> container_role(
    const Variables& variables) {
    const auto value = [&](const char* name) { return variables(name).value_or(std::string()); };
    ContainerRole role;
    if (const auto path = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); !path.empty()) {
        if (!path.starts_with('/')) {
            return std::unexpected(
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash");
        }
        role.url = std::string(k_container_agent) + path;
    } else {
        role.url = value("AWS_CONTAINER_CREDENTIALS_FULL_URI");
        if (role.url.empty()) return std::nullopt;
        const std::string fault = token_url_fault(role.url);
        if (!fault.empty() && !is_agent(role.url)) {
            return std::unexpected("AWS_CONTAINER_CREDENTIALS_FULL_URI " + fault);
        }
    }
    role.token = value("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    role.token_file = value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    return role;
}

std::shared_ptr<const TokenGiver> container_tokens(ContainerRole role) {
    return std::make_shared<ContainerTokens>(std::move(role));
}

std::optional<std::string> instance_metadata(const Variables& variables) {
    if (lower(variables("AWS_EC2_METADATA_DISABLED").value_or(std::string())) == "true") {
        return std::nullopt;
    }
    std::string url = variables("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or(std::string());
    if (url.empty()) url = k_instance_metadata;
    while (url.ends_with('/')) url.pop_back();
    return url;
}

std::shared_ptr<const TokenGiver> instance_tokens(std::string metadata_url) {
    return std::make_shared<InstanceTokens>(std::move(metadata_url));
}

std::expected<Token, TokenRefusal> read_role_answer(int status, std::string_view body,
                                                    WallTime now) {
    const bool is_json = json::valid(body);
    const json::Value answer(is_json ? body : std::string_view());
    AwsKeys keys{.key_id = answer["AccessKeyId"].string(),
                 .secret = answer["SecretAccessKey"].string(),
                 .session_token = answer["Token"].string()};
    const std::array<std::string_view, 2> secrets{keys.secret, keys.session_token};
    std::string code =
        told_text((answer["Code"] ? answer["Code"] : answer["code"]).string(), secrets);
    if (status != 200 || (!code.empty() && code != "Success")) {
        const json::Value words = answer["Message"] ? answer["Message"] : answer["message"];
        TokenRefusal refused = refusal(fmt::format("answered {} {}", status, code), status);
        if (words) refused.what += ": " + told_text(words.string(), secrets);
        refused.code = std::move(code);
        return std::unexpected(std::move(refused));
    }
    if (const std::string fault = fault_of(keys); !fault.empty()) {
        return std::unexpected(refusal("gave an answer that " + fault, status));
    }
    const auto expires = read_rfc3339(answer["Expiration"].string());
    if (!expires) return std::unexpected(refusal("gave keys without an Expiration", status));
    const auto left = std::chrono::floor<std::chrono::seconds>(*expires - now);
    if (left.count() <= 0) {
        return std::unexpected(refusal(
            "gave keys that have expired already (check that this machine's clock is right)",
            status));
    }
    return Token{.value = std::move(keys), .lifetime = std::min(left, k_lifetime_max)};
}

std::expected<AwsOrigin, std::string> find_aws_origin(const Variables& variables,
                                                      std::string_view profile) {
    if (profile.empty()) {
        auto keys = keys_of_environment(variables);
        if (!keys) return std::unexpected(keys.error());
        if (*keys) return std::move(**keys);
    }
    auto keys = keys_of_file(variables, profile);
    if (!keys) return std::unexpected(keys.error());
    if (*keys) return std::move(**keys);
    auto role = container_role(variables);
    if (!role) return std::unexpected(role.error());
    if (*role) return container_tokens(std::move(**role));
    if (auto url = instance_metadata(variables)) return instance_tokens(std::move(*url));
    return std::unexpected(
        "there are no keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in the shared "
        "credentials file or of a container's role, and the instance's metadata are switched off");
}

}  // namespace bellwether::credentials
