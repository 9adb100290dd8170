#include "plugin/registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "plugin/continuing_check.hpp"
#include "plugin/folders_check.hpp"
#include "plugin/instance.hpp"
#include "plugin/isolated/keeper.hpp"
#include "plugin/load_addresses.hpp"
#include "plugin/load_credentials.hpp"
#include "plugin/load_models.hpp"
#include "plugin/places.hpp"
#include "plugin/private_copy.hpp"
#include "plugin/same_provider.hpp"
#include "plugin/wire.hpp"

namespace bellwether::plugin {
namespace {

namespace fs = std::filesystem;
using config::Diagnostic;
using config::Severity;

// Loads the providers of one config, one after the other.
class Loader {
  public:
    Loader(const config::Config& config, const std::vector<fs::path>& folders,
           std::vector<Diagnostic>& diagnostics, const InUse* before)
        : config_(config),
          folders_(config.plugin_path),
          diagnostics_(diagnostics),
          before_(before) {
        folders_.insert(folders_.end(), folders.begin(), folders.end());
    }

    std::shared_ptr<const LoadedProvider> load(const config::Provider& wanted) {
        const std::size_t before = diagnostics_.size();
        auto provider = begun(wanted);
        if (load_library(wanted, *provider)) {
            fill(wanted, *provider);
        } else {
            provider->is_whole = false;
        }
        for (auto i = before; i < diagnostics_.size(); ++i) {
            diagnostics_[i].file = config_.file_of(diagnostics_[i].at).string();
            provider->is_whole &= diagnostics_[i].severity != Severity::error;
        }
        provider->is_whole &= wanted.refused.empty();
        return known(wanted, std::move(provider));
    }

    decltype(Registry::canaries) take_canaries() { return std::move(canaries_); }

  private:
    static std::shared_ptr<LoadedProvider> begun(const config::Provider& wanted) {
        auto provider = std::make_shared<LoadedProvider>();
        provider->name = wanted.name;
        provider->timeouts = wanted.timeouts;
        provider->forward_headers = wanted.forward_headers;
        return provider;
    }

    // All that follows from the section of the config; the library and its manifest are there.
    void fill(const config::Provider& wanted, LoadedProvider& provider) {
        OptionValues values(wanted, provider.manifest, diagnostics_);
        load_addresses(wanted, values, provider, diagnostics_);
        resolve_wire(wanted, provider);
        load_credentials({wanted, config_.secrets, values, diagnostics_}, provider);
        provider.config =
            plugin_config(wanted, provider.manifest, resolved(provider), diagnostics_);
        load_models(wanted, provider);
    }

    // The provider of the config before, if it is the same, or if this one is its canary; else this
    // one, over the wire of that one if it is the same, whose connections are open, and in a child
    // process of its own.
    std::shared_ptr<const LoadedProvider> known(const config::Provider& wanted,
                                                std::shared_ptr<LoadedProvider> loaded) {
        const auto index = index_before(loaded->name);
        if (!index) return loaded;
        const auto& then = before_->registry.providers[*index];
        const KnownProvider before{before_->config.providers[*index], *then};
        const Canary* const canary = canary_before(loaded->name);
        const bool is_kept = loaded->name != before_->anew;
        const bool is_canary = is_kept && canary != nullptr &&
                               is_other_version(then->library.get(), loaded->library.get()) &&
                               loaded->library->sha256() == canary->record->sha256();
        if (is_kept && is_same(before, {wanted, *loaded})) return then;
        if (is_canary && is_next_version(before, {wanted, *loaded})) {
            return go_on(wanted, then, *canary);
        }
        share_wire(*then, *loaded);
        if (loaded->library && loaded->library->keepers() && is_in_use(*loaded, *then, canary)) {
            loaded->is_whole &= give_own_children(wanted, *loaded);
        }
        if (is_canary && loaded->is_whole && has_old_version(wanted, *canary)) {
            if (auto old = old_version(wanted, *then)) {
                return go_on(wanted, *std::move(old), {std::move(loaded), canary->record});
            } else {
                tell_of_lost(wanted, *canary->record, old.error());
                return loaded;
            }
        }
        if (wanted.canary == 0 || !is_next_version(before, {wanted, *loaded})) return loaded;
        begin_canary(wanted, std::move(loaded));
        return then;
    }

    static void share_wire(const LoadedProvider& then, LoadedProvider& loaded) {
        if (then.wire && loaded.wire && *then.wire == *loaded.wire) loaded.wire = then.wire;
    }

    // Whether calls are to go to the old version beside the canary, or to it alone.
    static bool has_old_version(const config::Provider& wanted, const Canary& canary) {
        const CanaryState state = canary.record->state();
        return state == CanaryState::went_back ||
               (state == CanaryState::running && wanted.canary != 0);
    }

    // A canary is the same as long as its file is; so is one that went back. `old` and the canary's
    // provider are those of the config before, or have been made anew for this one.
    std::shared_ptr<const LoadedProvider> go_on(const config::Provider& wanted,
                                                std::shared_ptr<const LoadedProvider> old,
                                                const Canary& canary) {
        const CanaryState state = canary.record->state();
        if (state == CanaryState::went_back) {
            canaries_[wanted.name] = {nullptr, canary.record};
            return old;
        }
        if (state == CanaryState::passed || wanted.canary == 0) return canary.provider;
        if (canary.record->terms() == terms_of(wanted)) {
            canaries_[wanted.name] = canary;
        } else {
            begin_canary(wanted, canary.provider);
        }
        return old;
    }

    // The version before a canary, as this config wants it. Its file has been replaced, but what
    // was loaded of it is still there. The error says why that does not do.
    std::expected<std::shared_ptr<const LoadedProvider>, std::string> old_version(
        const config::Provider& wanted, const LoadedProvider& then) {
        auto old = begun(wanted);
        const bool was_isolated = then.library->keepers() != nullptr;
        if (was_isolated != wanted.isolation.is_on()) return std::unexpected("isolate has changed");
        old->library = then.library;
        if (was_isolated) {
            auto own = then.library->in_new_processes(way_of(wanted));
            if (!own) return std::unexpected(own.error());
            old->library = *std::move(own);
        }
        old->manifest = then.manifest;
        old->counters = std::make_shared<Counters>(old->manifest.counters);
        // What is wrong with it was said of the new version, or is wrong for the old one alone.
        const auto before = static_cast<std::ptrdiff_t>(diagnostics_.size());
        fill(wanted, *old);
        const std::vector<Diagnostic> said(std::next(diagnostics_.begin(), before),
                                           diagnostics_.end());
        diagnostics_.erase(std::next(diagnostics_.begin(), before), diagnostics_.end());
        const auto wrong = std::ranges::find(said, Severity::error, &Diagnostic::severity);
        if (wrong != said.end()) return std::unexpected(wrong->what);
        share_wire(then, *old);
        if (!old->unavailable.empty()) return old;
        if (auto tried = Instance::create(old); !tried) {
            return std::unexpected(tried.error().message);
        }
        return old;
    }

    void tell_of_lost(const config::Provider& wanted, const CanaryRecord& record,
                      std::string_view why) {
        const bool failed = record.state() == CanaryState::went_back;
        add(Severity::warning, wanted.at,
            fmt::format("version {} of the plugin of provider \"{}\", {}, gets all calls now: with "
                        "its changed settings the version before cannot serve: {}",
                        record.version(), wanted.name,
                        failed ? "which had gone back because it did worse" : "a canary", why));
        diagnostics_.back().file = config_.file_of(wanted.at).string();
    }

    void begin_canary(const config::Provider& wanted,
                      std::shared_ptr<const LoadedProvider> provider) {
        const Library& library = *provider->library;
        auto record = std::make_shared<CanaryRecord>(terms_of(wanted), library.table().version,
                                                     library.sha256());
        canaries_[wanted.name] = {std::move(provider), std::move(record)};
    }

    static CanaryTerms terms_of(const config::Provider& wanted) {
        return {.share = wanted.canary, .time = wanted.canary_time};
    }

    // Null: the provider has none.
    const Canary* canary_before(std::string_view name) const {
        const auto found = before_->registry.canaries.find(name);
        return found == before_->registry.canaries.end() ? nullptr : &found->second;
    }

    static bool is_in_use(const LoadedProvider& loaded, const LoadedProvider& then,
                          const Canary* canary) {
        return loaded.library == then.library ||
               (canary != nullptr && canary->provider != nullptr &&
                loaded.library == canary->provider->library);
    }

    bool give_own_children(const config::Provider& wanted, LoadedProvider& provider) {
        const fs::path file = provider.library->file();
        auto own = load_isolated(wanted, file, provider.library->table().id);
        if (!own) return refuse(wanted, fmt::format("{}: {}", file.string(), own.error()));
        provider.library = *std::move(own);
        return true;
    }

    static Resolved resolved(const LoadedProvider& provider) {
        Resolved known{.base_url = provider.base_url, .credentials = {}};
        for (const auto& one : provider.credentials) known.credentials.push_back(one.name);
        for (const auto& name : provider.supposed) known.credentials.push_back(name);
        return known;
    }

    // Providers share a file's library, but not a child process.
    static std::string library_key(const config::Provider& wanted, const fs::path& file,
                                   const std::string& id) {
        const std::string key = file.string() + wanted.sha256 + '#' + id;
        return wanted.isolation.is_on() ? key + '#' + wanted.name : key;
    }

    std::expected<std::shared_ptr<const Library>, std::string> load_isolated(
        const config::Provider& wanted, const fs::path& file, std::string_view id) const {
        return Library::load_isolated(file, wanted.sha256, id, way_of(wanted));
    }

    isolated::Wanted way_of(const config::Provider& wanted) const {
        const bool one = wanted.isolation.processes == config::Isolation::Processes::one;
        // Those that run: a reload does not change their number.
        const auto& server = before_ == nullptr ? config_.server : before_->config.server;
        return {.provider = wanted.name,
                .limits = wanted.isolation,
                .processes = one ? 1 : config::worker_count(server)};
    }

    // Child processes serve one provider as it is configured. They are asked for the manifest of
    // the next config, too; known() says whether they go on.
    std::expected<std::shared_ptr<const Library>, std::string> open(const config::Provider& wanted,
                                                                    const fs::path& file,
                                                                    const std::string& id) const {
        if (!wanted.isolation.is_on()) return Library::load(file, wanted.sha256, id);
        if (auto same = same_children(wanted, file)) return same;
        return load_isolated(wanted, file, id);
    }

    // The child processes that run the same file for this provider, in the same way, be it as its
    // canary; null: none do.
    std::shared_ptr<const Library> same_children(const config::Provider& wanted,
                                                 const fs::path& file) const {
        const auto index = index_before(wanted.name);
        if (!index) return nullptr;
        const config::Provider& then = before_->config.providers[*index];
        const bool same_way = then.isolation == wanted.isolation && then.plugin == wanted.plugin &&
                              then.sha256 == wanted.sha256;
        const auto bytes = same_way ? read_library(file) : std::unexpected(std::string());
        if (!bytes) return nullptr;
        const std::string sha256 = sha256_of(*bytes);
        const Canary* const canary = canary_before(wanted.name);
        for (const auto& provider : {before_->registry.providers[*index],
                                     canary == nullptr ? nullptr : canary->provider}) {
            if (provider == nullptr || provider->library->keepers() == nullptr) continue;
            if (provider->library->file() == file && provider->library->sha256() == sha256) {
                return provider->library;
            }
        }
        return nullptr;
    }

    // Nothing: the config before has no provider of this name.
    std::optional<std::size_t> index_before(std::string_view name) const {
        if (before_ == nullptr) return std::nullopt;
        const auto& providers = before_->registry.providers;
        for (std::size_t i = 0; i < providers.size(); ++i) {
            if (providers[i]->name == name) return i;
        }
        return std::nullopt;
    }

    bool load_library(const config::Provider& wanted, LoadedProvider& provider) {
        // A mistake in these keys leaves unknown which file is meant, or whether it is the pinned
        // one.
        if (wanted.is_refused("plugin") || wanted.is_refused("sha256")) return false;
        const fs::path base = config_.file_of(wanted.plugin_at).parent_path();
        // "FILE#ID" is one of the plugins in a file that has several.
        const std::size_t mark = std::min(wanted.plugin.rfind('#'), wanted.plugin.size());
        const std::string id = wanted.plugin.substr(std::min(mark + 1, wanted.plugin.size()));
        const auto file = locate(wanted.plugin.substr(0, mark), base, folders_);
        if (!file && wanted.is_refused("plugin_path")) return false;
        if (!file) return refuse(wanted, file.error());
        auto& library = libraries_[library_key(wanted, *file, id)];
        if (!library) {
            auto opened = open(wanted, *file, id);
            if (!opened)
                return refuse(wanted, fmt::format("{}: {}", file->string(), opened.error()));
            library = *opened;
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

    void resolve_wire(const config::Provider& wanted, LoadedProvider& provider) {
        if (wanted.is_refused("proxy") || wanted.is_refused("proxy_secret")) return;
        auto wire = make_wire(wanted.wire, provider.base_url);
        if (wire) {
            provider.wire = std::move(*wire);
            provider.places =
                places_of(provider.base_url, provider.wire->proxy.url, provider.origins.exact());
            return;
        }
        const config::Position at = wire.error().at.line != 0 ? wire.error().at : wanted.at;
        add(Severity::error, at,
            fmt::format("the proxy of provider \"{}\": {}", wanted.name, wire.error().what));
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
    const InUse* const before_;
    std::map<std::string, std::shared_ptr<const Library>> libraries_;
    decltype(Registry::canaries) canaries_;
};

}  // namespace

Registry load(const config::Config& config, const std::vector<fs::path>& folders,
              std::vector<Diagnostic>& diagnostics, const InUse* before) {
    check_folders(config, diagnostics);
    Loader loader(config, folders, diagnostics, before);
    Registry registry;
    for (const auto& provider : config.providers)
        registry.providers.push_back(loader.load(provider));
    registry.canaries = loader.take_canaries();
    check_continuing(config, registry, diagnostics);
    return registry;
}

std::vector<std::shared_ptr<const LoadedProvider>> all_of(const Registry& registry) {
    auto all = registry.providers;
    for (const auto& [name, canary] : registry.canaries) {
        if (canary.provider) all.push_back(canary.provider);
    }
    return all;
}

void end_canaries(Registry& registry) {
    for (auto& provider : registry.providers) {
        const auto found = registry.canaries.find(provider->name);
        if (found == registry.canaries.end()) continue;
        Canary& canary = found->second;
        if (canary.record->state() == CanaryState::went_back) canary.provider = nullptr;
        if (canary.record->state() != CanaryState::passed) continue;
        provider = canary.provider;
        registry.canaries.erase(found);
    }
}

}  // namespace bellwether::plugin
