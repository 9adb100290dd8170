// What a plugin says of itself before any instance exists, and the check of a provider's config
// against it.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "config/config.hpp"
#include "plugin/counters.hpp"
#include "plugin/credential_spec.hpp"

namespace bellwether::plugin {

struct OptionSpec {
    std::string key;
    std::string type;                 // string integer number boolean duration array table
    std::vector<std::string> values;  // the allowed ones; empty: any
    std::string help;
    std::string preset;  // its default, as the plugin sees it; empty: none
};

struct Model {
    std::string id;
    std::int64_t context = 0;     // tokens; 0: not said
    std::int64_t max_output = 0;  // tokens; 0: not said
    std::string owned_by;
    bool stream_only = false;  // answers as a stream only, unless it is told not to think
    bool listed = true;        // clients see it; if not, the host still knows its limits

    bool operator==(const Model&) const = default;
};

struct Manifest {
    std::string summary;
    std::vector<Operation> operations;
    bool lists_models = false;  // it can be asked for its upstream's models
    std::string base_url;       // may have names of options in braces
    std::string base_url_env;
    std::vector<std::string> origins;  // further ones; with braces, too
    std::vector<CredentialSpec> credentials;
    std::vector<OptionSpec> options;
    std::vector<Model> models;
    std::vector<std::string> request_headers;   // of clients, that the plugin sees
    std::vector<std::string> response_headers;  // that it may add to an answer
    std::vector<CounterSpec> counters;
    std::int64_t concurrency = 0;  // calls at once that it takes, of all workers; 0: any number
    bool models_elsewhere = true;  // a server at another base_url has these models, too
    // The member that is `true` in the last message of a request, one of the role `assistant`,
    // whose text the answer is to go on with; empty: no answer can be begun like that.
    std::string continues_with;
    std::vector<std::string> doubts;    // about members that this host does not know
    std::vector<std::string> misspelt;  // those of `doubts` whose name resembles a known one

    bool serves(Operation) const;
    // The credential of which the config gives a part under this key; null: none.
    const CredentialSpec* credential_of_key(std::string_view key) const;
    const OptionSpec* option(std::string_view key) const;
};

// The error says what is wrong with the text; nullptr is an empty manifest.
std::expected<Manifest, std::string> read_manifest(const char* json);

// What is known of a provider when its plugin's config is made.
struct Resolved {
    std::string_view base_url;                  // may be empty
    std::vector<std::string_view> credentials;  // the names of those that can be used
};

// Checks `provider`'s own keys against the manifest, one diagnostic for each mistake, and returns
// the config object for the plugin, with the defaults of what is not given.
std::string plugin_config(const config::Provider& provider, const Manifest& manifest,
                          const Resolved& resolved, std::vector<config::Diagnostic>& diagnostics);

}  // namespace bellwether::plugin
