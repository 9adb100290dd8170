// The credentials of a plugin's manifest: each has a kind, the texts that go with it, and the keys
// and variables that give its parts. docs/manifest.md is the reference.
#pragma once

#include "json/value.hpp"

#include "plugin/credential_spec.hpp"
#include "plugin/member_checks.hpp"

namespace bellwether::plugin {

// `root` is the whole manifest.
void check_credentials(const json::Value& root, MemberChecks& checks);

// Reads one that has no mistake.
CredentialSpec read_credential(const json::Value& object);

}  // namespace bellwether::plugin
