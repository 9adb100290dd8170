// The readers of the file's sections. Each section is a table of keys, with functions for what one
// row cannot say. A reader reports what is wrong, and keeps a default if the file says nothing.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "config/keys.hpp"
#include "config/names.hpp"
#include "config/rule.hpp"
#include "config/shown.hpp"

namespace bellwether::config {

void read_server(Section& root, Server& server);
void read_admin(Section& root, const Server& server, Admin& admin);
void read_log(Section& root, Log& log);
void read_keys(Section& root, std::vector<Key>& keys);
// What holds of the keys of all files together. read_keys() has checked those of one file.
void check_keys(const std::vector<Key>& keys, Report& report);
void read_retry(Section& root, Retry& retry, RetryBudget& budget);
void read_health(Section& root, Health& health);
// `retry`: what providers have that say nothing else.
void read_providers(Section& root, const Retry& retry, std::vector<Provider>& providers);
// [[routes]], and default_to as the last of them.
void read_routes(Section& root, std::span<const Provider> providers, std::vector<Route>& routes);
inline constexpr std::string_view k_default_to = "default_to";

void read_timeouts(Section& owner, std::string_view key, Timeouts& timeouts);

// Reads in which process a provider's plugin runs.
void read_isolation(Section& section, Isolation& isolation);
std::vector<Row> isolation_rows();

// Reads how the host connects to a provider or a webhook.
void read_wire(Section& section, Wire& wire);
std::vector<Row> wire_rows();
// Reads a reference to a credential. `what` names the credential in messages: "a password".
std::optional<Text> read_reference(Section& section, std::string_view key, std::string_view what);
// Reads an array of them; one that is wrong is left out and reported.
std::vector<Text> read_references(Section& section, std::string_view key, std::string_view what);
// Reads the path of a file with certificates or with a private key. The file is checked at once, so
// that a mistake shows before the host starts.
enum class Pem { trusted, certificate, private_key };
void read_pem_file(Section& section, std::string_view key, Pem kind, std::filesystem::path& file);
// One of a plugin's own values as JSON; `name` is for messages.
std::string to_json(const toml::node& node, const std::string& name, Report& report);

// price_files and [[prices]].
void read_prices(Section& root, Config& config);
inline constexpr std::string_view k_price_files = "price_files";

// Where a ledger is: "memory:", "sqlite:PATH" (the path as it is written),
// "redis://[user@]host[:port][/database]" or "rediss://", encrypted. The error continues
// "ledger.url ..." and repeats nothing of the text, which may hold a password.
std::expected<Ledger, std::string> parse_store_address(std::string_view text);
// Must come last: without [ledger], the sections that need one decide which ledger there is.
void read_ledger(Section& root, Config& config);
// The rules must come after the providers, routes, prices and webhooks, which they may name.
void read_webhooks(Section& root, std::vector<Webhook>& webhooks);
void read_budgets(Section& root, const KnownNames& known, RuleNames& names, Config& config);
void read_limits(Section& root, const KnownNames& known, RuleNames& names,
                 std::vector<Limit>& limits);
// Warns of values that look like another program's variables, which this host does not replace.
void check_foreign_variables(const toml::table& table, Report& report);

// What the schema and the reference say of each section.
SectionFacts root_section();
std::vector<SectionFacts> server_sections();
std::vector<SectionFacts> retry_sections();
SectionFacts health_section();
SectionFacts timeouts_section();
std::vector<SectionFacts> provider_sections();
std::vector<SectionFacts> route_sections();
std::vector<SectionFacts> price_sections();
std::vector<SectionFacts> rule_sections();
SectionFacts key_section();
SectionFacts ledger_section();
SectionFacts webhook_section();
SectionFacts limit_section();

// Forms that several sections use.
inline constexpr Worded k_texts{"array of strings",
                                R"("type": "array", "items": {"type": "string"})"};
inline constexpr Worded k_text{"string", R"("type": "string")"};
inline constexpr Worded k_sha256{"64 hexadecimal digits",
                                 R"("type": "string", "pattern": "^[0-9a-fA-F]{64}$")"};
inline constexpr std::string_view k_text_or_texts_schema =
    R"("anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}])";
// "60/min"
inline constexpr Worded k_rate{"rate", R"("type": "string")"};
inline constexpr Worded k_path{"path", R"("type": "string")"};
inline constexpr Worded k_reference{"credential",
                                    R"("type": "string", "pattern": "^(env|file):.")"};

template <auto member, Pem kind>
constexpr auto pem_key(std::string_view name, std::string_view meaning, std::string_view usual) {
    return key<member>(
        name, k_path, meaning,
        [](Section& section, std::string_view key, auto& owner) {
            read_pem_file(section, key, kind, owner.*member);
        },
        usual);
}

// A key that refers to a password. `at` is where the file has it.
template <auto member, auto at>
constexpr auto password_key(std::string_view name, std::string_view meaning) {
    return key<member>(
        name, k_reference, meaning,
        [](Section& section, std::string_view key, auto& owner) {
            auto given = read_reference(section, key, "a password");
            if (!given) return;
            owner.*member = std::move(given->value);
            owner.*at = given->at;
        },
        "none");
}

// The key on_disconnect. read_on_disconnect() gives nothing if the key is absent or wrong.
inline constexpr std::string_view k_disconnect_words[] = {"cancel", "drain"};
inline constexpr Timed k_on_disconnect{k_disconnect_words, "drain", std::chrono::hours(24)};
std::optional<OnDisconnect> read_on_disconnect(Section& section, std::string_view key);
std::string text_of(const OnDisconnect& action);

template <typename Owner>
constexpr KeyOf<Owner> on_disconnect_key(std::string_view usual = {}) {
    return key<Owner>(
        "on_disconnect", k_on_disconnect, "what becomes of a call whose client hangs up",
        [](Section& section, std::string_view key, Owner& owner) {
            if (const auto action = read_on_disconnect(section, key)) owner.on_disconnect = *action;
        },
        [](const Owner& owner) -> Value {
            const std::optional<OnDisconnect> action = owner.on_disconnect;
            return action ? Value(text_of(*action)) : Value();
        },
        usual);
}

// The keys on_limit and queue_length, for owners with the members queue_wait and queue_length. A
// wait of zero means that no call waits.
inline constexpr std::string_view k_limit_words[] = {"reject"};
inline constexpr Timed k_on_limit{k_limit_words, "queue", std::chrono::minutes(10)};
inline constexpr Whole k_queue_length{1, 100'000};
void read_on_limit(Section& section, milliseconds& wait, std::size_t& length);
std::string on_limit_text(milliseconds wait);

template <typename Owner>
constexpr KeyOf<Owner> on_limit_key(std::string_view meaning) {
    return key<Owner>(
        "on_limit", k_on_limit, meaning,
        [](Section& section, std::string_view, Owner& owner) {
            read_on_limit(section, owner.queue_wait, owner.queue_length);
        },
        [](const Owner& owner) -> Value { return on_limit_text(owner.queue_wait); });
}

template <typename Owner>
constexpr KeyOf<Owner> queue_length_key(std::string_view meaning) {
    return {.facts = {"queue_length", k_queue_length, meaning},
            .get = detail::MemberPath<&Owner::queue_length>::get,
            .is_shown = [](const Owner& owner) { return owner.queue_wait.count() > 0; }};
}

// The keys match and each, for owners with a member scope.
template <typename Owner>
constexpr KeyOf<Owner> each_key() {
    return key<&Owner::scope, &Scope::each>(
        "each", Choice{k_names<Subject>},
        "one counter for each value, each with the whole limit; else one for all", "none");
}

template <typename Owner>
constexpr KeyOf<Owner> match_key() {
    return {.facts = {"match", Tables{"match"}, "which calls it is for", "every call"},
            .write = [](json::PrettyWriter& writer, const Owner& owner) {
                write_scope(writer, owner.scope);
            }};
}

}  // namespace bellwether::config
