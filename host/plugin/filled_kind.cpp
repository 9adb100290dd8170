#include "plugin/filled_kind.hpp"

#include <utility>

#include "plugin/braces.hpp"

namespace bellwether::plugin {
namespace {

using credentials::AwsSigV4Kind;
using credentials::ClientCredentialsKind;
using credentials::CredentialKind;
using credentials::GoogleServiceAccountKind;

struct Filled {
    OptionValues& values;

    using Kind = std::optional<CredentialKind>;

    Kind operator()(const AwsSigV4Kind& kind) const {
        auto region = values.in_text(kind.scope.region);
        auto service = values.in_text(kind.scope.service);
        if (!region || !service) return std::nullopt;
        return AwsSigV4Kind{{std::move(*region), std::move(*service)}};
    }
    Kind operator()(const GoogleServiceAccountKind& kind) const {
        GoogleServiceAccountKind filled;
        for (const std::string& scope : kind.scopes) {
            auto text = values.in_text(scope);
            if (!text) return std::nullopt;
            filled.scopes.push_back(std::move(*text));
        }
        return filled;
    }
    Kind operator()(const ClientCredentialsKind& kind) const {
        ClientCredentialsKind filled = kind;
        auto url = values.in_url(kind.token_url);
        auto tenant = values.in_text(kind.tenant);
        if (!url || !tenant) return std::nullopt;
        filled.token_url = std::move(*url);
        filled.tenant = std::move(*tenant);
        filled.scope = values.in_text_if_given(kind.scope);
        filled.audience = values.in_text_if_given(kind.audience);
        return filled;
    }
    Kind operator()(const auto& kind) const { return kind; }
};

struct TextsOf {
    using Texts = std::vector<std::string_view>;

    Texts operator()(const AwsSigV4Kind& kind) const {
        return {kind.scope.region, kind.scope.service};
    }
    Texts operator()(const GoogleServiceAccountKind& kind) const {
        return {kind.scopes.begin(), kind.scopes.end()};
    }
    Texts operator()(const ClientCredentialsKind& kind) const {
        return {kind.tenant, kind.token_url, kind.scope, kind.audience};
    }
    Texts operator()(const auto&) const { return {}; }
};

}  // namespace

std::optional<CredentialKind> filled_kind(const CredentialKind& kind, OptionValues& values) {
    return std::visit(Filled{values}, kind);
}

std::vector<std::string_view> texts_of(const CredentialSpec& spec) {
    return std::visit(TextsOf(), spec.kind);
}

}  // namespace bellwether::plugin
