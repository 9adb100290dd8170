// The providers of one configuration: plugin files loaded, manifests read, credentials resolved.
// Built on one thread; constant afterwards and shared by all workers. A provider that is the same
// in the next configuration belongs to both.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "credentials/credential.hpp"
#include "net/wire.hpp"
#include "plugin/callback.hpp"
#include "plugin/canary.hpp"
#include "plugin/counters.hpp"
#include "plugin/library.hpp"
#include "plugin/manifest.hpp"
#include "plugin/origins.hpp"
#include "plugin/service.hpp"

namespace bellwether::plugin {

// scheme://host:port of a URL, in lower case and with the port written out; empty if it is not one.
std::string origin_of(std::string_view url);

struct LoadedCredential {
    std::string name;                                           // as the plugin's manifest calls it
    std::shared_ptr<const credentials::Credential> credential;  // never null
};

struct LoadedProvider {
    std::string name;
    std::shared_ptr<const Library> library;
    Manifest manifest;
    std::string config;    // what bw_plugin.create is given
    std::string base_url;  // resolved; may be empty
    std::string origin;    // of base_url
    Origins origins;       // its requests, and its credentials with them, go nowhere else
    // Whether all of them are the plugin's own, or of the plugin's own variable.
    bool is_own_upstream = true;
    std::vector<LoadedCredential> credentials;  // those that can be used
    std::vector<std::string> supposed;  // where secrets are left out: those that would be there
    // The credentials of the name `api_keys_of`, if the config gives several. Null: one that is
    // missing.
    std::vector<std::shared_ptr<const credentials::Credential>> api_keys;
    std::string api_keys_of;
    std::vector<std::string> secrets;  // what nobody may be shown, the longest first
    std::vector<Model> models;         // the plugin's catalogue and the config's additions
    config::Timeouts timeouts;
    std::shared_ptr<const net::WireOptions> wire;  // how it is reached
    std::vector<std::string> places;               // texts that clients must not see (places.hpp)
    std::vector<std::string> forward_headers;      // names of clients' headers that are sent to it
    // Never null; all workers count in it.
    std::shared_ptr<SlowCallbacks> slow_callbacks = std::make_shared<SlowCallbacks>();
    // Never null. What the plugin counts, of all workers.
    std::shared_ptr<Counters> counters = std::make_shared<Counters>(std::vector<CounterSpec>());
    // Never null. What the instances share; it ends before the rest of the provider.
    std::shared_ptr<SharedService> service = std::make_shared<SharedService>();
    bool is_whole = true;     // no mistake was found in its section of the config
    std::string unavailable;  // why it cannot serve (an optional credential is missing); else empty

    // Whether its plugin says what a request can use at most.
    bool can_estimate() const {
        return library != nullptr && library->extension("bw.estimate/1") != nullptr;
    }
    bool has_credential(std::size_t index) const {
        return index >= api_keys.size() || api_keys[index] != nullptr;
    }
    // Whether the provider's requests may go to this URL.
    bool may_talk_to(std::string_view url) const { return origins.include(url); }
    // A credential by its name, of several the one at `which`; null: it cannot be used.
    const credentials::Credential* credential(std::string_view credential_name,
                                              std::size_t which) const;
};

struct Registry {
    std::vector<std::shared_ptr<const LoadedProvider>>
        providers;  // in the order of Config::providers
    // By provider: its new version, or the record of the one that went back. Few have any.
    std::map<std::string, Canary, std::less<>> canaries;
};

// All providers that calls may go to, the new versions of those with a canary among them.
std::vector<std::shared_ptr<const LoadedProvider>> all_of(const Registry& registry);

// Where a canary has passed, its version becomes the provider; where it went back, its version is
// dropped, and its record stays.
void end_canaries(Registry& registry);

// A configuration that is in use, and its providers.
struct InUse {
    const config::Config& config;
    const Registry& registry;
    std::string_view anew = {};  // a provider that is not kept in any case
};

// Loads everything that `config` names. Appends one diagnostic for each problem; a registry with an
// error among them must not be used. `folders`: where plugins are looked up after plugin_path.
// `before`: its providers are kept where they are the same; null: there are none yet. On one thread
// at a time.
Registry load(const config::Config& config, const std::vector<std::filesystem::path>& folders,
              std::vector<config::Diagnostic>& diagnostics, const InUse* before = nullptr);

}  // namespace bellwether::plugin
