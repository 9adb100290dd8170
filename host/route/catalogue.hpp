// Lists the models that a configuration serves, as far as their names are known: exact routes,
// aliases, and the known models that a glob lets through. Built once, constant afterwards, shared
// by all workers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json/writer.hpp"
#include "plugin/registry.hpp"
#include "route/table.hpp"

namespace bellwether::route {

struct CatalogueEntry {
    std::string id;
    std::string owned_by;                // the model's vendor if known, else the first provider
    std::vector<std::string> providers;  // in the order they are tried
    std::int64_t context = 0;            // tokens; 0: not known
};

// Writes an entry as `bellwether models --json` and /admin/models show it.
void write_entry(json::PrettyWriter& writer, const CatalogueEntry& entry);

class Catalogue {
  public:
    // Leaves out models that no available provider serves. Sorted by id.
    Catalogue(const config::Config& config, const Table& table, const plugin::Registry& registry);

    const std::vector<CatalogueEntry>& entries() const { return entries_; }
    const CatalogueEntry* find(std::string_view id) const;
    // The message for a client that asks for an unknown model: which models it may use, and the
    // nearest name. `caller`: its key; null if clients need no key.
    std::string not_found_message(std::string_view model, const config::Key* caller) const;

  private:
    std::vector<CatalogueEntry> entries_;
};

}  // namespace bellwether::route
