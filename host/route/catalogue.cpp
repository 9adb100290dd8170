#include "route/catalogue.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/nearest.hpp"
#include "config/key_form.hpp"

namespace bellwether::route {
namespace {

constexpr std::size_t k_names_shown = 8;

bool is_glob(std::string_view model) { return model.find_first_of("*?") != std::string_view::npos; }

// Every name that might be served: what the routes spell out and what the providers know, also with
// the prefixes that targets take off.
std::set<std::string> known_names(const config::Config& config, const plugin::Registry& registry) {
    std::set<std::string> names;
    for (const auto& route : config.routes) {
        if (!is_glob(route.model)) names.insert(route.model);
        for (const auto& target : route.to) {
            if (target.strip_prefix.empty()) continue;
            for (const auto& model : registry.providers[target.provider]->models) {
                if (model.listed) names.insert(target.strip_prefix + model.id);
            }
        }
    }
    for (const auto& provider : registry.providers) {
        for (const auto& model : provider->models) {
            if (model.listed) names.insert(model.id);
        }
    }
    return names;
}

const plugin::Model* model_of(const plugin::LoadedProvider& provider, std::string_view id) {
    const auto found = std::ranges::find(provider.models, id, &plugin::Model::id);
    return found == provider.models.end() ? nullptr : &*found;
}

// Whether the candidate's provider counts as one that serves the model. A glob lets any name
// through, so it counts only for the providers that list the name.
bool counts(const Match& match, const Candidate& candidate,
            const plugin::LoadedProvider& provider) {
    if (candidate.chain != Chain::none || !provider.unavailable.empty()) return false;
    if (!is_glob(match.route->model)) return true;
    const auto* known = model_of(provider, candidate.model);
    return known != nullptr && known->listed;
}

}  // namespace

Catalogue::Catalogue(const config::Config& config, const Table& table,
                     const plugin::Registry& registry) {
    for (const std::string& name : known_names(config, registry)) {
        const auto match = table.match(name);
        if (!match) continue;
        CatalogueEntry entry{.id = name};
        for (const auto& candidate : match->candidates) {
            const auto& provider = *registry.providers[candidate.provider];
            if (!counts(*match, candidate, provider)) continue;
            const auto* model = model_of(provider, candidate.model);
            if (entry.providers.empty()) {
                entry.owned_by =
                    model != nullptr && !model->owned_by.empty() ? model->owned_by : provider.name;
                entry.context = model != nullptr ? model->context : 0;
            }
            entry.providers.push_back(provider.name);
        }
        if (!entry.providers.empty()) entries_.push_back(std::move(entry));
    }
}

void write_entry(json::PrettyWriter& writer, const CatalogueEntry& entry) {
    writer.begin_object().field("id", entry.id).field("owned_by", entry.owned_by);
    if (entry.context != 0) writer.field("context", entry.context);
    writer.field_list("providers", entry.providers).end_object();
}

const CatalogueEntry* Catalogue::find(std::string_view id) const {
    const auto found = std::ranges::lower_bound(
        entries_, id, {}, [](const CatalogueEntry& entry) { return std::string_view(entry.id); });
    return found != entries_.end() && found->id == id ? &*found : nullptr;
}

std::string Catalogue::not_found_message(std::string_view model, const config::Key* caller) const {
    std::vector<std::string> names;
    for (const auto& entry : entries_) {
        if (config::may_use(caller, entry.id)) names.push_back(entry.id);
    }
    std::string message = fmt::format("The model \"{}\" does not exist here.", model);
    if (const auto near = nearest(model, names)) {
        message += fmt::format(" Did you mean \"{}\"?", *near);
    }
    if (names.empty()) return message + " This host serves no model by name.";
    const std::size_t more = names.size() - std::min(names.size(), k_names_shown);
    names.resize(names.size() - more);
    message += fmt::format(" This host serves {}", fmt::join(names, ", "));
    return message + (more == 0 ? "." : fmt::format(" and {} more: GET /v1/models.", more));
}

}  // namespace bellwether::route
