#include "plugin/same_provider.hpp"

#include <algorithm>

namespace bellwether::plugin {
namespace {

bool same_references(const std::vector<config::SecretReference>& before,
                     const std::vector<config::SecretReference>& now) {
    return std::ranges::equal(before, now, [](const auto& one, const auto& other) {
        return one.name == other.name && one.reference == other.reference;
    });
}

bool same_options(const std::vector<config::Option>& before,
                  const std::vector<config::Option>& now) {
    return std::ranges::equal(before, now, [](const auto& one, const auto& other) {
        return one.key == other.key && one.json == other.json;
    });
}

bool same_wire(const LoadedProvider& before, const LoadedProvider& now) {
    return before.wire && now.wire && *before.wire == *now.wire;
}

bool same_credentials(const LoadedProvider& before, const LoadedProvider& now) {
    const auto is_there = [](const auto& credential) { return credential != nullptr; };
    return before.secrets == now.secrets && before.api_keys_of == now.api_keys_of &&
           std::ranges::equal(before.credentials, now.credentials, {}, &LoadedCredential::name,
                              &LoadedCredential::name) &&
           std::ranges::equal(before.api_keys, now.api_keys, {}, is_there, is_there);
}

// Whether the config says the same of what a provider is made of, but for the pin of its file.
bool same_section(const config::Provider& before, const config::Provider& now) {
    return before.plugin == now.plugin && before.base_url == now.base_url &&
           before.origins == now.origins && before.models == now.models &&
           before.forward_headers == now.forward_headers && before.timeouts == now.timeouts &&
           before.isolation == now.isolation && same_references(before.secrets, now.secrets) &&
           same_references(before.api_keys, now.api_keys) &&
           same_options(before.options, now.options);
}

}  // namespace

bool is_other_version(const Library* before, const Library* now) {
    return before != nullptr && now != nullptr && before->file() == now->file() &&
           std::string_view(before->table().id) == now->table().id &&
           before->sha256() != now->sha256();
}

bool is_same(const KnownProvider& before, const KnownProvider& now) {
    const LoadedProvider& then = before.loaded;
    const LoadedProvider& loaded = now.loaded;
    return then.name == loaded.name && then.library == loaded.library &&
           then.config == loaded.config && then.base_url == loaded.base_url &&
           then.origins == loaded.origins && then.is_own_upstream == loaded.is_own_upstream &&
           then.models == loaded.models && then.timeouts == loaded.timeouts &&
           then.places == loaded.places && then.forward_headers == loaded.forward_headers &&
           then.is_whole == loaded.is_whole && then.unavailable == loaded.unavailable &&
           same_wire(then, loaded) && same_credentials(then, loaded) &&
           same_references(before.wanted.secrets, now.wanted.secrets) &&
           same_references(before.wanted.api_keys, now.wanted.api_keys) &&
           same_options(before.wanted.options, now.wanted.options);
}

bool is_next_version(const KnownProvider& before, const KnownProvider& now) {
    const LoadedProvider& then = before.loaded;
    const LoadedProvider& loaded = now.loaded;
    return is_other_version(then.library.get(), loaded.library.get()) && loaded.is_whole &&
           then.unavailable.empty() && loaded.unavailable.empty() && same_wire(then, loaded) &&
           same_credentials(then, loaded) && same_section(before.wanted, now.wanted);
}

}  // namespace bellwether::plugin
