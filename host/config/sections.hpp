// The readers of the file's sections. Each takes what the file says, reports what is wrong with it,
// and leaves the defaults where it says nothing.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "config/rule.hpp"
#include "config/section.hpp"

namespace bw::config {

// `keys`: whether there are client keys, without which the host is for this machine only.
void read_server(Section& root, bool keys, Server& server);
// The limits towards clients, which are keys of [server], too.
void read_front(Section& server, Front& front);
void read_admin(Section& root, Config& config);
void read_keys(Section& root, std::vector<Key>& keys);
void read_log(Section& root, Log& log);

// `folder`: what relative paths count from.
void read_wire(Section& section, const std::filesystem::path& folder, Secrets secrets, Wire& wire);
void read_providers(Section& root, const std::filesystem::path& folder, Secrets secrets,
                    std::vector<Provider>& providers);
void read_routes(Section& root, std::span<const Provider> providers, std::vector<Route>& routes);

// price_files and [[prices]]; the mistakes in price files go to `others`, each with its own file.
void read_prices(Section& root, const std::filesystem::path& folder, Config& config,
                 std::vector<Diagnostic>& others);

// `folder`: what relative paths count from. Comes after all that may need a ledger, for what holds
// when the file has no [ledger].
void read_ledger(Section& root, const std::filesystem::path& folder, Config& config);
// The rules come after the providers, routes, prices and webhooks, which they may name.
void read_webhooks(Section& root, const std::filesystem::path& folder, Secrets secrets,
                   std::vector<Webhook>& webhooks);
void read_budgets(Section& root, const KnownNames& known, RuleNames& names, Config& config);
void read_period(Section& budget, Period& period);  // per and reset
void read_limits(Section& root, const KnownNames& known, RuleNames& names,
                 std::vector<Limit>& limits);
// Budgets of money that a model without a price could pass by.
void check_priced(const Config& config, Report& report);

// Values that are variables as other programs write them, which nothing replaces here.
void check_foreign_variables(const toml::table& table, Report& report);

// The keys on_limit and queue_length. A wait of zero: nothing waits.
void read_on_limit(Section& section, milliseconds& wait, std::size_t& length);
// The key on_disconnect; nothing: it is absent or wrong.
std::optional<OnDisconnect> read_on_disconnect(Section& section);

// Aliases that lead nowhere or in a circle.
void check_aliases(std::span<const Route> routes, Report& report);

}  // namespace bw::config
