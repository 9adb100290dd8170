#include "route/matcher.hpp"

#include <algorithm>

#include "config/pattern.hpp"

namespace bellwether::route {

Matcher::Matcher(std::span<const config::Route> routes) {
    for (const auto& route : routes) {
        if (config::is_glob(route.model)) {
            globs_.push_back(&route);
        } else {
            exact_.emplace(route.model, &route);
        }
    }
    std::ranges::sort(globs_, [](const config::Route* a, const config::Route* b) {
        return config::more_specific(a->model, b->model);
    });
}

const config::Route* Matcher::find(std::string_view model) const {
    if (model.size() > config::k_model_bytes_max) return nullptr;
    if (const auto found = exact_.find(model); found != exact_.end()) return found->second;
    const auto matches = [&](const config::Route* route) {
        return config::glob_match(route->model, model);
    };
    const auto found = std::ranges::find_if(globs_, matches);
    return found == globs_.end() ? nullptr : *found;
}

}  // namespace bellwether::route
