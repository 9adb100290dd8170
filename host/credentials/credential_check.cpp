#include "credentials/credential_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "credentials/told_text.hpp"

namespace bellwether::credentials {
namespace {

// Headers that say where a message ends or whom it is for.
constexpr std::array<std::string_view, 10> k_forbidden = {
    "connection", "content-encoding",  "content-length", "expect", "host", "keep-alive",
    "te",         "transfer-encoding", "trailer",        "upgrade"};

bool is_token(std::string_view name) {
    const auto fits = [](char c) {
        return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").contains(c);
    };
    return !name.empty() && std::ranges::all_of(name, fits);
}

std::string fault_of_secret(std::string_view secret) {
    if (secret.empty()) return "has no value";
    if (!fits_header(secret)) {
        return "has a value with a space at an end, or with a character that no header can carry";
    }
    return {};
}

struct FaultOf {
    const CredentialValues& values;

    std::string operator()(const BearerKind&) const { return fault_of_secret(values.secret); }
    std::string operator()(const HeaderKind& kind) const {
        if (!is_token(kind.name)) return "names a header that can be none";
        if (std::ranges::find(k_forbidden, lower(kind.name)) != k_forbidden.end()) {
            return fmt::format("cannot be sent in the header {}, which is the host's own",
                               kind.name);
        }
        const auto fits = [](char c) { return c >= 0x20 && c <= 0x7E; };
        if (!std::ranges::all_of(kind.prefix, fits)) {
            return "has a prefix that no header can carry";
        }
        return fault_of_secret(values.secret);
    }
    std::string operator()(const QueryKind& kind) const {
        if (kind.name.empty()) return "names no field of the query";
        return fault_of_secret(values.secret);
    }
    std::string operator()(const BasicKind&) const {
        if (values.id.empty() && values.secret.empty()) return "has neither a user nor a password";
        if (values.id.find(':') != std::string::npos) {
            return "has a user with a colon, which this kind cannot carry";
        }
        const auto control = [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
        };
        if (std::ranges::any_of(values.id + values.secret, control)) {
            return "has a user or a password with a control character, such as a line end";
        }
        return {};
    }
    std::string operator()(const AwsSigV4Kind& kind) const {
        const auto fits = [](char c) {
            return is_digit(c) || (is_alpha(c) && c == lower(c)) || c == '-';
        };
        if (kind.scope.region.empty()) return "has no region, such as us-east-1";
        if (!std::ranges::all_of(kind.scope.region, fits)) return "has a region that is none";
        if (kind.scope.service.empty() || !std::ranges::all_of(kind.scope.service, fits)) {
            return "has no service, such as bedrock";
        }
        if (!values.aws)
            return credentials::fault_of(AwsKeys{values.id, values.secret, values.session_token});
        const auto* const keys = std::get_if<AwsKeys>(&*values.aws);
        return keys == nullptr ? std::string() : credentials::fault_of(*keys);
    }
    std::string operator()(const GoogleServiceAccountKind&) const { return {}; }
    std::string operator()(const ClientCredentialsKind& kind) const {
        if (!kind.tenant.empty()) {
            if (!kind.token_url.empty()) return "has a token URL and a tenant; give one of them";
            if (auto fault = tenant_fault(kind.tenant); !fault.empty()) return fault;
            return credentials::fault_of(entra_id(kind.tenant, values.id, values.secret));
        }
        if (kind.token_url.empty()) return "has neither a token URL nor a tenant";
        return credentials::fault_of(ClientCredentials{
            .token_url = kind.token_url, .client_id = values.id, .client_secret = values.secret});
    }
};

}  // namespace

std::string fault_of(const CredentialKind& kind, const CredentialValues& values) {
    return std::visit(FaultOf{values}, kind);
}

}  // namespace bellwether::credentials
