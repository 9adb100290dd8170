#include "pages/host_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "plugin/secret_texts.hpp"

namespace bellwether::pages {
namespace {

using report::ConfigChange;

void add_keys(std::vector<ConfigChange>& changes, const std::vector<config::Key>& before,
              const std::vector<config::Key>& now) {
    std::unordered_map<std::string_view, std::string_view> hashes;
    for (const auto& key : before) hashes.emplace(key.id, key.sha256);
    for (const auto& key : now) {
        const auto then = hashes.find(key.id);
        if (then == hashes.end() || then->second == key.sha256) continue;
        changes.push_back({fmt::format("keys[{}].sha256", key.name), {}, {}});
    }
}

bool is_told(const std::vector<ConfigChange>& changes, const std::string& part) {
    return std::ranges::any_of(changes, [&part](const ConfigChange& change) {
        return change.name == part || change.name.starts_with(part + ".");
    });
}

// The address of a webhook, the value behind its proxy_secret, or what its files of certificates
// hold.
void add_webhooks(std::vector<ConfigChange>& changes,
                  const std::vector<policy::WebhookTarget>& before,
                  const std::vector<policy::WebhookTarget>& now) {
    for (const auto& webhook : now) {
        const std::string part = "webhooks." + webhook.name;
        const auto then = std::ranges::find(before, webhook.name, &policy::WebhookTarget::name);
        if (then == before.end()) continue;
        if (then->url != webhook.url) changes.push_back({part + ".url", {}, {}});
        if (*then->wire != *webhook.wire && !is_told(changes, part)) {
            changes.push_back({part, {}, {}});
        }
    }
}

// A provider that was made anew although nothing of it that is shown has changed: the value of a
// credential has, or what a file of certificates holds, or an operator has said so.
void add_providers(std::vector<ConfigChange>& changes, const plugin::Registry& before,
                   const plugin::Registry& now) {
    for (const auto& provider : now.providers) {
        const std::string part = "providers." + provider->name;
        const auto same = [&](const auto& other) { return other->name == provider->name; };
        const auto then = std::ranges::find_if(before.providers, same);
        if (then == before.providers.end() || *then == provider || is_told(changes, part)) continue;
        changes.push_back({part, {}, {}});
    }
}

// How the canary of a provider stands, as JSON; empty: it has none.
std::string canary_of(const plugin::Registry& registry, const std::string& provider) {
    const auto found = registry.canaries.find(provider);
    if (found == registry.canaries.end()) return {};
    const auto& [version, record] = found->second;
    return fmt::format(R"("{} {}")", version ? "running" : "went back", record->sha256());
}

// A new version of a plugin that gets a share of the calls, or no longer.
void add_canaries(std::vector<ConfigChange>& changes, const plugin::Registry& before,
                  const plugin::Registry& now) {
    for (const auto& provider : now.providers) {
        const std::string& name = provider->name;
        std::string then = canary_of(before, name);
        std::string is = canary_of(now, name);
        const bool begun_anew =
            !then.empty() && !is.empty() &&
            before.canaries.find(name)->second.record != now.canaries.find(name)->second.record;
        if (then == is && !begun_anew) continue;
        changes.push_back({"providers." + name + ".canary.sha256", std::move(then), std::move(is)});
    }
}

}  // namespace

std::vector<ConfigChange> host_changes(const front::Host& before, const front::Host& now) {
    auto changes = report::config_changes(config_json(before), config_json(now));
    add_keys(changes, before.config.keys, now.config.keys);
    add_webhooks(changes, before.webhooks, now.webhooks);
    add_providers(changes, before.registry, now.registry);
    add_canaries(changes, before.registry, now.registry);
    plugin::Redactor redactor;
    for (const front::Host* host : {&before, &now}) {
        for (const auto& provider : host->registry.providers) redactor.add(*provider);
    }
    for (ConfigChange& change : changes) {
        change.before = redactor.presentable(change.before);
        change.now = redactor.presentable(change.now);
    }
    return changes;
}

}  // namespace bellwether::pages
