#include "credentials/credential_kind.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace bellwether::credentials {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<CredentialKind>> k_names = {
    "bearer",
    "header",
    "query",
    "basic",
    "aws-sigv4",
    "google-service-account",
    "oauth2-client-credentials"};

template <std::size_t... index>
CredentialKind kind_at(std::size_t wanted, std::index_sequence<index...>) {
    CredentialKind kind;
    ((index == wanted ? static_cast<void>(kind.emplace<index>()) : void()), ...);
    return kind;
}

}  // namespace

std::string_view name_of(const CredentialKind& kind) { return k_names[kind.index()]; }

std::span<const std::string_view> kind_names() { return k_names; }

std::optional<CredentialKind> kind_named(std::string_view name) {
    for (std::size_t i = 0; i < k_names.size(); ++i) {
        if (k_names[i] == name) return kind_at(i, std::make_index_sequence<k_names.size()>());
    }
    return std::nullopt;
}

}  // namespace bellwether::credentials
