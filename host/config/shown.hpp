// Writes the configuration in effect, with every default filled in and in the terms of the file, as
// members of the JSON of /admin/config. Of a credential only the reference is shown.
#pragma once

#include "config/config.hpp"
#include "json/writer.hpp"

namespace bellwether::config {

// `include` and the other keys that stand above all sections.
void write_top(json::PrettyWriter& writer, const Config& config);
void write_server(json::PrettyWriter& writer, const Config& config);   // and [admin] and [log]
void write_retries(json::PrettyWriter& writer, const Config& config);  // [retry]
void write_health(json::PrettyWriter& writer, const Health& health);
void write_key(json::PrettyWriter& writer, const Key& key);
void write_provider(json::PrettyWriter& writer, const Provider& provider);
void write_timeouts(json::PrettyWriter& writer, const Timeouts& timeouts);
void write_route(json::PrettyWriter& writer, const Config& config, const Route& route);
void write_price(json::PrettyWriter& writer, const Price& price);
void write_webhook(json::PrettyWriter& writer, const Webhook& webhook);
void write_isolation(json::PrettyWriter& writer, const Isolation& isolation);
void write_wire(json::PrettyWriter& writer, const Wire& wire);
void write_ledger(json::PrettyWriter& writer, const Ledger& ledger);
void write_budget(json::PrettyWriter& writer, const Config& config, const Budget& budget);
void write_limit(json::PrettyWriter& writer, const Limit& limit);
void write_scope(json::PrettyWriter& writer, const Scope& scope);

// Writes the members `file` and `line`.
void write_place(json::PrettyWriter& writer, const Config& config, Position at);

// Amounts as the file writes them: a budget's "10 USD" or "1500 ktok", a rate's "100/min".
std::string amount_text(const Budget& budget);
std::string rate_text(const Rate& rate);

}  // namespace bellwether::config
