// Finds out what is wrong with the value of a credential before an upstream does: it is another
// vendor's, a placeholder, or something was copied along with it.
#pragma once

#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "plugin/credential_spec.hpp"

namespace bellwether::plugin {

class SecretCheck {
  public:
    // Both must outlive it.
    SecretCheck(const config::Provider& wanted, std::vector<config::Diagnostic>& diagnostics)
        : wanted_(wanted), diagnostics_(diagnostics) {}

    // Whether the value that came from `reference` can be used. What is wrong is told at `at`.
    bool passes(const CredentialSpec& spec, std::string_view value, std::string_view reference,
                config::Position at);

  private:
    bool is_of_vendor(const CredentialSpec& spec, std::string_view value,
                      std::string_view reference, config::Position at);
    bool has_form(std::string_view value, std::string_view reference, config::Position at);

    const config::Provider& wanted_;
    std::vector<config::Diagnostic>& diagnostics_;
};

}  // namespace bellwether::plugin
