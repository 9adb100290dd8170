// The readers of the file's sections. Each takes what the file says, reports what is wrong with it,
// and leaves the defaults where it says nothing.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "config/section.hpp"

namespace bw::config {

void read_server(Section& root, Server& server);
// The limits towards clients, which are keys of [server], too.
void read_front(Section& server, Front& front);
void read_admin(Section& root, Config& config);
void read_log(Section& root, Log& log);

// `folder`: what relative paths count from.
void read_wire(Section& section, const std::filesystem::path& folder, Wire& wire);
void read_providers(Section& root, const std::filesystem::path& folder,
                    std::vector<Provider>& providers);
void read_routes(Section& root, std::span<const Provider> providers, std::vector<Route>& routes);

// price_files and [[prices]]; the mistakes in price files go to `others`, each with its own file.
void read_prices(Section& root, const std::filesystem::path& folder, Config& config,
                 std::vector<Diagnostic>& others);

// Aliases that lead nowhere or in a circle.
void check_aliases(std::span<const Route> routes, Report& report);

}  // namespace bw::config
