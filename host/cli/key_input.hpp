// What a command line says of a client key, and what is printed of a new one.
#pragma once

#include <chrono>
#include <expected>
#include <string>

#include "cli/cli.hpp"
#include "config/config.hpp"
#include "json/writer.hpp"

namespace bellwether::cli {

// A key as the options describe it, still without its id and hash; the error is a sentence.
std::expected<config::Key, std::string> described_key(const KeyOptions& options);

// The moment that --expires names; nothing: none is named.
std::expected<std::optional<std::chrono::sys_seconds>, std::string> expiry_of(
    const KeyOptions& options);

// Gives the key a new id and the hash of a new secret. The result is the whole key; the error is a
// sentence.
std::expected<std::string, std::string> renew(config::Key& key);

// Writes the members of a key that may be shown: neither the secret nor its hash.
void write_shown_key(json::PrettyWriter& writer, const config::Key& key);

}  // namespace bellwether::cli
