#include "route/prices.hpp"

#include <algorithm>

#include "config/pattern.hpp"

namespace bellwether::route {

Prices::Prices(const config::Config& config) : books_(config.providers.size()) {
    for (std::size_t i = 0; i < books_.size(); ++i) {
        for (const auto& price : config.prices) {
            if (price.provider != config.providers[i].name) continue;
            (price.own ? books_[i].own : books_[i].files).add(price);
        }
        books_[i].own.sort();
        books_[i].files.sort();
    }
}

const config::Price* Prices::find(std::size_t provider, std::string_view model) const {
    if (provider >= books_.size() || model.size() > config::k_model_bytes_max) return nullptr;
    const PriceBooks& books = books_[provider];
    const auto* own = books.own.find(model);
    return own != nullptr ? own : books.files.find(model);
}

void Prices::PriceBook::add(const config::Price& price) {
    if (config::is_glob(price.model)) {
        globs.push_back(&price);
    } else {
        exact.emplace(price.model, &price);
    }
}

void Prices::PriceBook::sort() {
    std::ranges::sort(globs, [](const config::Price* a, const config::Price* b) {
        return config::more_specific(a->model, b->model);
    });
}

const config::Price* Prices::PriceBook::find(std::string_view model) const {
    if (const auto found = exact.find(model); found != exact.end()) return found->second;
    const auto found = std::ranges::find_if(
        globs, [&](const config::Price* price) { return config::glob_match(price->model, model); });
    return found == globs.end() ? nullptr : *found;
}

}  // namespace bellwether::route
