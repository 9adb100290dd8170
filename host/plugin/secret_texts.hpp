// The texts that would tell a credential, in all forms in which it goes out. What came from an
// upstream is shown to nobody with one of them in it.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "credentials/credential_kind.hpp"
#include "plugin/credential_spec.hpp"
#include "plugin/registry.hpp"

namespace bellwether::plugin {

std::vector<std::string> secret_texts(const CredentialSpec& spec,
                                      const credentials::CredentialValues& values);

// Whether a credential of the provider, or the newest token of one, stands in a text that came from
// its upstream.
bool holds_credential(std::string_view text, const LoadedProvider& provider);

// What the texts of several providers must not show, gathered once for many texts. The providers
// outlive it.
class Redactor {
  public:
    void add(const LoadedProvider& provider);
    // Fit to be shown: valid UTF-8, no credential in it.
    std::string presentable(std::string_view text) const;

  private:
    std::deque<std::string> tokens_;
    std::vector<std::string_view> values_;  // the longest first
};

// Text that came from a plugin or its upstream, fit to be shown: valid UTF-8, no credential in it.
std::string presentable(std::string_view text, const LoadedProvider& provider);

}  // namespace bellwether::plugin
