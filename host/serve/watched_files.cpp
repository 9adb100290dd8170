#include "serve/watched_files.hpp"

#include <string_view>

namespace bellwether::serve {
namespace {

namespace fs = std::filesystem;

class Collector {
  public:
    void add(const fs::path& file) {
        if (!file.empty()) watched_.files.push_back(file);
    }
    void add_reference(std::string_view reference) {
        constexpr std::string_view k_file = "file:";
        if (reference.starts_with(k_file)) add(reference.substr(k_file.size()));
    }
    void add(const config::Wire& wire) {
        add(wire.ca_file);
        add(wire.client_cert);
        add(wire.client_key);
        add_reference(wire.proxy_secret);
    }
    void add(const config::Config& config) {
        watched_.files = config.files;
        watched_.folders = config.include_folders;
        for (const auto& provider : config.providers) {
            add(provider.wire);
            for (const auto& secret : provider.secrets) add_reference(secret.reference);
            for (const auto& secret : provider.api_keys) add_reference(secret.reference);
        }
        for (const auto& webhook : config.webhooks) {
            add(webhook.wire);
            add_reference(webhook.reference);
        }
    }
    void add(const plugin::Registry& registry) {
        for (const auto& provider : registry.providers) {
            if (provider->library) add(provider->library->file());
        }
    }
    WatchedFiles take() { return std::move(watched_); }

  private:
    WatchedFiles watched_;
};

}  // namespace

WatchedFiles watched_files(const front::Host& host) {
    Collector all;
    if (host.config.server.watch) {
        all.add(host.config);
        all.add(host.registry);
    } else {
        all.add(host.config.keys_file);
    }
    return all.take();
}

}  // namespace bellwether::serve
