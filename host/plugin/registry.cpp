#include "plugin/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bellwether/provider/rules.hpp>
#include <cstdlib>
#include <functional>

#include "config/secret.hpp"
#include "config/url.hpp"
#include "plugin/continuing_check.hpp"
#include "plugin/folders_check.hpp"
#include "plugin/places.hpp"
#include "plugin/wire.hpp"

namespace bw::plugin {
namespace {

namespace fs = std::filesystem;
using config::Diagnostic;
using config::Severity;

// The secret of which the config may give several values.
constexpr std::string_view k_api_key = "api_key";

// Loads the providers of one config, one after the other.
class Loader {
  public:
    Loader(const config::Config& config, const std::vector<fs::path>& folders,
           std::vector<Diagnostic>& diagnostics)
        : config_(config), folders_(config.plugin_path), diagnostics_(diagnostics) {
        folders_.insert(folders_.end(), folders.begin(), folders.end());
    }

    std::shared_ptr<const LoadedProvider> load(const config::Provider& wanted) {
        const std::size_t before = diagnostics_.size();
        auto provider = std::make_shared<LoadedProvider>();
        provider->name = wanted.name;
        provider->timeouts = wanted.timeouts;
        provider->forward_headers = wanted.forward_headers;
        if (load_library(wanted, *provider)) {
            resolve_base_url(wanted, *provider);
            resolve_wire(wanted, *provider);
            resolve_secrets(wanted, *provider);
            provider->config =
                plugin_config(wanted, provider->manifest, resolved(*provider), diagnostics_);
            collect_models(wanted, *provider);
        } else {
            provider->is_whole = false;
        }
        for (auto i = before; i < diagnostics_.size(); ++i) {
            diagnostics_[i].file = config_.file.string();
            provider->is_whole &= diagnostics_[i].severity != Severity::error;
        }
        provider->is_whole &= wanted.refused.empty();
        return provider;
    }

  private:
    static Resolved resolved(const LoadedProvider& provider) {
        Resolved known{.base_url = provider.base_url, .credentials = {}};
        for (const auto& [name, value] : provider.secrets) known.credentials.push_back(name);
        return known;
    }

    bool load_library(const config::Provider& wanted, LoadedProvider& provider) {
        // A mistake in these keys leaves unknown which file is meant, or whether it is the pinned
        // one.
        if (wanted.is_refused("plugin") || wanted.is_refused("sha256")) return false;
        const fs::path base = config_.file.parent_path();
        // "FILE#ID" is one of the plugins in a file that has several.
        const std::size_t mark = std::min(wanted.plugin.rfind('#'), wanted.plugin.size());
        const std::string id = wanted.plugin.substr(std::min(mark + 1, wanted.plugin.size()));
        const auto file = locate(wanted.plugin.substr(0, mark), base, folders_);
        if (!file && wanted.is_refused("plugin_path")) return false;
        if (!file) return refuse(wanted, file.error());
        auto& library = libraries_[file->string() + wanted.sha256 + '#' + id];
        if (!library) {
            auto loaded = Library::load(*file, wanted.sha256, id);
            if (!loaded)
                return refuse(wanted, fmt::format("{}: {}", file->string(), loaded.error()));
            library = *loaded;
        }
        auto manifest = read_manifest(library->table().manifest);
        if (!manifest)
            return refuse(wanted, fmt::format("{}: {}", file->string(), manifest.error()));
        for (const auto& misspelt : manifest->misspelt) {
            add(Severity::warning, wanted.plugin_at.line != 0 ? wanted.plugin_at : wanted.at,
                fmt::format("in the manifest of plugin \"{}\", {}", wanted.plugin, misspelt));
        }
        provider.library = library;
        provider.manifest = std::move(*manifest);
        provider.counters = std::make_shared<Counters>(provider.manifest.counters);
        return true;
    }

    bool refuse(const config::Provider& wanted, std::string_view why) {
        add(Severity::error, wanted.plugin_at.line != 0 ? wanted.plugin_at : wanted.at,
            fmt::format("plugin \"{}\" cannot be loaded: {}", wanted.plugin, why));
        return false;
    }

    void resolve_base_url(const config::Provider& wanted, LoadedProvider& provider) {
        std::string url = wanted.base_url;
        if (url.empty() && !wanted.is_refused("base_url")) url = own_variable(wanted, provider);
        if (url.empty()) url = provider.manifest.base_url;
        while (url.ends_with('/')) url.pop_back();
        provider.base_url = url;
        provider.origin = origin_of(url);
        if (!url.empty() && provider.origin.empty()) {
            add(Severity::error, wanted.base_url_at.line != 0 ? wanted.base_url_at : wanted.at,
                fmt::format("base_url of provider \"{}\" is not a URL", wanted.name),
                "http://host[:port]/path or https://host[:port]/path");
        }
    }

    // The URL in the environment variable that the plugin's manifest names. Empty if it is not set,
    // or if it is wrong, which is then in the diagnostics.
    std::string own_variable(const config::Provider& wanted, const LoadedProvider& provider) {
        const std::string& variable = provider.manifest.base_url_env;
        const char* value = variable.empty() ? nullptr : std::getenv(variable.c_str());
        if (value == nullptr || *value == '\0') return {};
        const auto url = config::check_base_url(value);
        if (!url) {
            add(Severity::error, wanted.at,
                fmt::format("base_url of provider \"{}\": the variable {} {}", wanted.name,
                            variable, url.error().what),
                R"(a URL such as "https://host/v1")", url.error().hint);
            return {};
        }
        if (!url->encrypted && !url->local && !provider.manifest.credentials.empty()) {
            add(Severity::warning, wanted.at,
                fmt::format("base_url of provider \"{}\": the variable {} is plain http: the "
                            "credential crosses the network unencrypted",
                            wanted.name, variable),
                "https://");
        }
        return value;
    }

    void resolve_wire(const config::Provider& wanted, LoadedProvider& provider) {
        if (wanted.is_refused("proxy") || wanted.is_refused("proxy_secret")) return;
        auto wire = make_wire(wanted.wire, provider.base_url);
        if (wire) {
            provider.wire = std::move(*wire);
            provider.places = places_of(provider.base_url, provider.wire->proxy.url);
            return;
        }
        const config::Position at = wire.error().at.line != 0 ? wire.error().at : wanted.at;
        add(Severity::error, at,
            fmt::format("the proxy of provider \"{}\": {}", wanted.name, wire.error().what));
    }

    void resolve_secrets(const config::Provider& wanted, LoadedProvider& provider) {
        for (const auto& given : wanted.secrets) {
            if (provider.manifest.credential(given.name) == nullptr) {
                add(Severity::error, given.at,
                    fmt::format("plugin \"{}\" has no credential \"{}\"", wanted.plugin,
                                given.name));
            }
        }
        for (const auto& spec : provider.manifest.credentials) {
            if (spec.name == k_api_key && !wanted.api_keys.empty()) {
                resolve_api_keys(wanted, spec, provider);
            } else {
                resolve_secret(wanted, spec, provider);
            }
        }
    }

    // Several values of one secret. One that is missing is no mistake if the provider may do
    // without: the others serve.
    void resolve_api_keys(const config::Provider& wanted, const CredentialSpec& spec,
                          LoadedProvider& provider) {
        provider.api_keys.resize(wanted.api_keys.size());
        if (wanted.is_refused("api_keys") || config_.secrets == config::Secrets::left_out) return;
        std::string why;
        for (std::size_t i = 0; i < wanted.api_keys.size(); ++i) {
            const auto& [name, reference, at] = wanted.api_keys[i];
            auto value = config::resolve(reference);
            if (!value) {
                why = value.error();
                missing_key(wanted, why, at);
            } else if (check_vendor(wanted, spec, *value, reference, at) &&
                       check_form(wanted, *value, reference, at)) {
                provider.api_keys[i] = std::move(*value);
            }
        }
        check_distinct(wanted, provider);
        const auto first =
            std::ranges::find_if(provider.api_keys, std::not_fn(&std::string::empty));
        if (first != provider.api_keys.end()) {
            provider.secrets.emplace(spec.name, *first);
        } else if (!wanted.required && !why.empty()) {
            provider.unavailable =
                fmt::format("provider \"{}\" has no {}: {}", wanted.name, spec.name, why);
        }
    }

    // The same key under two references has the limits of one, but is counted as two.
    void check_distinct(const config::Provider& wanted, const LoadedProvider& provider) {
        const auto& keys = provider.api_keys;
        for (std::size_t i = 1; i < keys.size(); ++i) {
            const auto end = keys.begin() + static_cast<std::ptrdiff_t>(i);
            const auto same = std::find(keys.begin(), end, keys[i]);
            if (keys[i].empty() || same == end) continue;
            add(Severity::warning, wanted.api_keys[i].at,
                fmt::format(
                    "provider \"{}\" has one key twice: {} and {} hold the same", wanted.name,
                    wanted.api_keys[static_cast<std::size_t>(same - keys.begin())].reference,
                    wanted.api_keys[i].reference),
                {}, "leave one of them out");
        }
    }

    void missing_key(const config::Provider& wanted, std::string_view why, config::Position at) {
        add(wanted.required ? Severity::error : Severity::warning, at,
            fmt::format("provider \"{}\" lacks one of its api_keys: {}", wanted.name, why), {},
            wanted.required ? "set it, or write `required = false` to start without it"
                            : "it is not used until it is set and the host restarted");
    }

    void resolve_secret(const config::Provider& wanted, const CredentialSpec& spec,
                        LoadedProvider& provider) {
        const auto given =
            std::ranges::find(wanted.secrets, spec.name, &config::SecretReference::name);
        const bool named = given != wanted.secrets.end();
        const config::Position at = named ? given->at : wanted.at;
        const bool unsure = wanted.is_refused("base_url") || wanted.is_refused("required");
        if (wanted.is_refused(spec.name) || (!named && unsure)) return;
        if (!named && !own_upstream(wanted, provider)) {
            return missing(wanted, spec,
                           fmt::format("base_url is not the plugin's own, so {} is not used for it "
                                       "unasked; name the credential in the config",
                                       spec.env),
                           named, at, provider);
        }
        const std::string reference = named ? given->reference : "env:" + spec.env;
        if (!named && spec.env.empty()) return;
        if (config_.secrets == config::Secrets::left_out) return;
        auto value = config::resolve(reference);
        if (!value) return missing(wanted, spec, value.error(), named, at, provider);
        if (!check_vendor(wanted, spec, *value, reference, at)) return;
        if (!check_form(wanted, *value, reference, at)) return;
        provider.secrets.emplace(spec.name, std::move(*value));
    }

    // A key from the environment goes nowhere but to the vendor that it belongs to, unless the
    // config (or the plugin's own variable for the base URL) says so.
    static bool own_upstream(const config::Provider& wanted, const LoadedProvider& provider) {
        return wanted.base_url.empty() || provider.origin == origin_of(provider.manifest.base_url);
    }

    void missing(const config::Provider& wanted, const CredentialSpec& spec, std::string_view why,
                 bool named, config::Position at, LoadedProvider& provider) {
        if (!named && !spec.required) return;
        if (wanted.required) {
            add(Severity::error, at,
                fmt::format("provider \"{}\" has no {}: {}", wanted.name, spec.name, why), {},
                "set it, or write `required = false` to start without this provider");
            return;
        }
        provider.unavailable =
            fmt::format("provider \"{}\" has no {}: {}", wanted.name, spec.name, why);
        add(Severity::warning, at, provider.unavailable, {},
            "its models answer 503 until it is set and the host restarted");
    }

    bool check_vendor(const config::Provider& wanted, const CredentialSpec& spec,
                      std::string_view value, std::string_view reference, config::Position at) {
        for (const auto& foreign : spec.foreign) {
            if (foreign.prefix.empty() || !value.starts_with(foreign.prefix)) continue;
            const bool nobodys = foreign.vendor.starts_with("nobody");
            const std::string whose = nobodys ? "a placeholder for a" : article(foreign.vendor);
            add(foreign.certain ? Severity::error : Severity::warning, at,
                fmt::format(
                    "the key in {} begins with \"{}\": {} {} key, not one for provider \"{}\"",
                    reference, foreign.prefix, foreign.certain ? "it is" : "it looks like", whose,
                    wanted.name),
                {},
                "check that the variable holds this provider's key, and that base_url is its own");
            return !foreign.certain;
        }
        return true;
    }

    // Whether the value can be a key at all. A warning is left out if the last diagnostic is about
    // the same reference.
    bool check_form(const config::Provider& wanted, std::string_view value,
                    std::string_view reference, config::Position at) {
        const auto fault = config::credential_fault(value);
        if (!fault) return true;
        const bool is_error = fault->severity == Severity::error;
        if (!is_error && !diagnostics_.empty() && is_of(diagnostics_.back(), reference))
            return true;
        add(fault->severity, at,
            fmt::format("the key in {} for provider \"{}\" {}", reference, wanted.name,
                        fault->what),
            {}, fault->hint);
        return !is_error;
    }

    static bool is_of(const Diagnostic& diagnostic, std::string_view reference) {
        return diagnostic.what.starts_with(fmt::format("the key in {} ", reference));
    }

    static std::string article(std::string_view vendor) {
        const bool vowel = !vendor.empty() && std::string_view("AEIOUaeioux").find(vendor[0]) !=
                                                  std::string_view::npos;
        return fmt::format("{} {}", vowel ? "an" : "a", vendor);
    }

    static void collect_models(const config::Provider& wanted, LoadedProvider& provider) {
        provider.models = provider.manifest.models;
        if (!has_own_models(provider)) {
            for (Model& model : provider.models) model.listed = false;
        }
        for (const auto& id : wanted.models) {
            const auto known = std::ranges::find(provider.models, id, &Model::id);
            if (known == provider.models.end()) {
                provider.models.push_back({.id = id});
            } else {
                known->listed = true;
            }
        }
    }

    // Whether the server at base_url has the models of the plugin's manifest. Many servers speak
    // the dialect of a vendor, but only the vendor's own host, or a region's host below its domain,
    // has the vendor's models.
    static bool has_own_models(const LoadedProvider& provider) {
        if (provider.manifest.models_elsewhere) return true;
        const auto host_of = [](std::string_view origin) {
            origin.remove_prefix(std::min(origin.find("://"), origin.size()));
            return std::string(origin);
        };
        const std::string own = host_of(origin_of(provider.manifest.base_url));
        const std::string here = host_of(provider.origin);
        return here == own || (own.size() > 3 && here.ends_with("." + own.substr(3)));
    }

    void add(Severity severity, config::Position at, std::string what, std::string expected = {},
             std::string hint = {}) {
        diagnostics_.push_back({.severity = severity,
                                .at = at,
                                .what = std::move(what),
                                .expected = std::move(expected),
                                .hint = std::move(hint)});
    }

    const config::Config& config_;
    std::vector<fs::path> folders_;
    std::vector<Diagnostic>& diagnostics_;
    std::map<std::string, std::shared_ptr<const Library>> libraries_;
};

}  // namespace

std::string origin_of(std::string_view url) { return rules::origin(url); }

const std::string* LoadedProvider::secret(std::string_view secret_name,
                                          std::size_t credential) const {
    if (secret_name == k_api_key && credential < api_keys.size() && !api_keys[credential].empty()) {
        return &api_keys[credential];
    }
    const auto found = secrets.find(secret_name);
    return found == secrets.end() ? nullptr : &found->second;
}

Registry load(const config::Config& config, const std::vector<fs::path>& folders,
              std::vector<Diagnostic>& diagnostics) {
    check_folders(config, diagnostics);
    Loader loader(config, folders, diagnostics);
    Registry registry;
    for (const auto& provider : config.providers)
        registry.providers.push_back(loader.load(provider));
    check_continuing(config, registry, diagnostics);
    return registry;
}

}  // namespace bw::plugin
