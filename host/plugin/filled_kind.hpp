// The kind of a credential with the texts that the config's values have filled.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "credentials/credential_kind.hpp"
#include "plugin/credential_spec.hpp"
#include "plugin/option_values.hpp"

namespace bellwether::plugin {

// Nothing: an option lacks a value, or has a wrong one, which is told.
std::optional<credentials::CredentialKind> filled_kind(const credentials::CredentialKind& kind,
                                                       OptionValues& values);

// The texts of a credential that may have braces.
std::vector<std::string_view> texts_of(const CredentialSpec& spec);

}  // namespace bellwether::plugin
