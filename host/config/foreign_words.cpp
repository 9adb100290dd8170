#include "config/foreign_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <iterator>

#include "config/letters.hpp"
#include "config/names.hpp"
#include "config/report.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"

namespace bellwether::config {
namespace {

// `sections` are the sections in which the words get this advice; "top" is the top of the file.
struct ForeignWord {
    std::string_view words;  // divided by spaces, as `sections` are
    std::string_view sections;
    std::string_view advice;
};

constexpr std::string_view k_here = "here: ";
constexpr std::string_view k_anywhere =
    "top server admin log retry health providers routes routes.to budgets limits keys ledger";

constexpr std::string_view k_budgets =
    "[[budgets]] with limit = \"50 USD\", per = \"month\" and match = { key = \"NAME\" } or { "
    "provider = \"NAME\" }";

// The first entry counts that has both the word and the section.
constexpr ForeignWord k_words[] = {
    // The file as a whole.
    {"model_list models deployments", "top",
     "each name that clients use is a [[routes]], each upstream a [providers.NAME]; see "
     "docs/from-litellm.md"},
    {"litellm_params model_info", k_anywhere,
     "base_url and api_key stand in a [providers.NAME], the upstream's model in a [[routes]] with "
     "to = [{ provider = \"NAME\", model = \"MODEL\" }]; see docs/from-litellm.md"},
    {"router_settings routing", "top",
     "targets, their order and weights stand in each [[routes]]; see docs/from-litellm.md"},
    {"general_settings settings config", "top",
     "see [server], [[keys]] and [ledger], and docs/from-litellm.md"},
    {"litellm_settings proxy_config", "top", "see docs/from-litellm.md"},
    {"environment_variables env", "top",
     "variables are set outside of this file, which refers to them: api_key = \"env:NAME\""},
    {"virtual_keys master_key salt_key api_keys users auth clients tokens", "top server keys",
     "clients have [[keys]]: make one with `bellwether key new NAME`"},
    {"context_window_fallbacks", k_anywhere, "on_context_length = [\"NAME\"] in [[routes]]"},
    {"content_policy_fallbacks", k_anywhere, "on_content_filter = [\"NAME\"] in [[routes]]"},
    {"default_fallbacks default_model default_provider", k_anywhere,
     "the last target of to in each [[routes]]; for names without a route default_to = [\"NAME\"], "
     "above the first [section]"},
    {"fallbacks fallback fallback_models", k_anywhere,
     "the targets of a route are each other's fallbacks: to = [\"first\", \"second\"] in "
     "[[routes]]"},
    {"aliases model_group_alias model_aliases alias", "top server providers",
     "[[routes]] with model = \"ALIAS\" and alias = \"MODEL\""},
    {"route router", "top", "[[routes]], with two brackets"},
    {"provider upstreams upstream backends backend endpoints", "top", "[providers.NAME]"},
    {"budget", "top", "[[budgets]], with two brackets"},
    {"limit rate_limits rate_limit ratelimit", "top server providers routes keys",
     "[[limits]] with requests = \"60/min\" or tokens = \"200k/min\", and match to say for whom"},
    {"price pricing model_prices", "top", "[[prices]], or price_files = \"prices.toml\""},
    {"webhook alerting alerts slack", "top", "[webhooks.NAME], which a budget names"},
    {"logging log_level set_verbose verbose debug", "top server", "[log] with level = \"debug\""},
    {"redis redis_host redis_url redis_port redis_password database database_url db "
     "store_model_in_db",
     "top server", "[ledger] with url = \"redis://host:6379/0\" or \"sqlite:PATH\""},
    {"cache caching cache_params", "top server providers routes",
     "answers are not cached here; what a provider's own cache saves is counted"},
    {"callbacks success_callback failure_callback guardrails", "top server",
     "there are none here: see the access log, /metrics and [webhooks.NAME]"},
    // Where the host listens.
    {"port host bind address addr listen_address", "top server admin",
     "listen = \"127.0.0.1:4141\", host and port in one"},
    {"listen", "top", "it stands in [server]"},
    {"num_workers threads worker_count", "top server", "workers in [server]"},
    {"ssl_certfile_path ssl_keyfile_path ssl_certfile ssl_keyfile tls tls_cert tls_key cert "
     "cert_file key_file",
     "top server", "the host speaks plain HTTP: put something that speaks TLS in front of it"},
    {"max_request_size max_request_size_mb max_body_size body_limit", "top server",
     "max_body = \"32MiB\" in [server]"},
    {"graceful_shutdown shutdown_timeout graceful_timeout", "top server",
     "drain = \"30s\" in [server]"},
    {"shutdown_delay pre_stop_delay pre_stop lame_duck grace_period termination_drain_delay",
     "top server", "shutdown_grace = \"10s\" in [server]"},
    {"enabled disable enable", "admin", "listen = \"off\""},
    // How a provider is reached.
    {"api_base api_url base url endpoint openai_api_base azure_endpoint host", "providers",
     "base_url, with the version and without what follows it: \"https://host/v1\""},
    {"api_base base_url", "top server routes routes.to",
     "base_url stands in a [providers.NAME], which the route names in to"},
    {"api_key key token", "top routes routes.to",
     "api_key = \"env:NAME\" stands in a [providers.NAME]"},
    {"apikey key token auth bearer", "providers",
     "api_key = \"env:NAME\", one for each [providers.NAME]"},
    {"type kind custom_llm_provider llm_provider driver sdk", "providers",
     "plugin = \"openai\" for all that speaks its dialect"},
    {"timeout request_timeout stream_timeout read_timeout connect_timeout", k_anywhere,
     "timeouts = { connect = \"5s\", first_byte = \"60s\", idle = \"60s\", total = \"60s\" } in a "
     "[providers.NAME]"},
    {"max_retries num_retries retries retry_policy max_attempts", "providers routes",
     "retry = { attempts = 3 }, the first try included; [retry] has it for all calls"},
    {"max_retries num_retries retries max_attempts", "retry",
     "attempts = 3, the first try included"},
    {"retry_after retry_backoff_initial initial_delay min_delay backoff", "retry",
     "first = \"2s\""},
    {"retry_backoff_max max_delay max_backoff", "retry", "longest = \"1m\""},
    {"max_retries num_retries retries retry_policy retry max_attempts",
     "top server admin log health routes.to budgets limits keys ledger",
     "[retry] with attempts = 3, the first try included; a provider and a route may have retry = { "
     "attempts = 3 } of their own"},
    {"retry_after retry_backoff_initial retry_backoff_max",
     "top server admin log health providers routes routes.to budgets limits keys ledger",
     "[retry] with first = \"2s\" and longest = \"1m\"; a provider and a route may have retry = { "
     "first = \"2s\" } of their own"},
    {"allowed_fails", "health", "failures = 5, in a row"},
    {"cooldown_time cooldown", "health", "first = \"10s\" and longest = \"5m\""},
    {"allowed_fails cooldown_time cooldown circuit_breaker outlier_detection health_check",
     "top server admin log retry providers routes routes.to budgets limits keys ledger",
     "[health] with failures = 5 and first = \"10s\"; a provider that asks for a pause gets one by "
     "itself"},
    {"max_parallel_requests max_concurrency concurrency concurrent parallel", "providers",
     "max_concurrent"},
    {"max_parallel_requests global_max_parallel_requests max_concurrent", "top server routes keys",
     "[[limits]] with concurrent, or max_concurrent of a [providers.NAME]"},
    {"max_parallel_requests max_concurrent parallel", "limits", "concurrent"},
    {"rpm rpm_limit requests_per_minute", "providers routes routes.to keys budgets server top",
     "[[limits]] with requests = \"60/min\", and match = { provider = \"NAME\" } or { key = "
     "\"NAME\" }"},
    {"tpm tpm_limit tokens_per_minute", "providers routes routes.to keys budgets server top",
     "[[limits]] with tokens = \"200k/min\", and match = { provider = \"NAME\" } or { key = "
     "\"NAME\" }"},
    {"rpm rpm_limit requests_per_minute", "limits", "requests = \"60/min\""},
    {"tpm tpm_limit tokens_per_minute", "limits", "tokens = \"200k/min\""},
    {"model model_name", "providers",
     "clients' names are those of [[routes]]; the upstream's model stands in to = [{ provider = "
     "\"NAME\", model = \"MODEL\" }]"},
    {"priority order", "routes.to", "tier = 2 is tried after all of tier = 1"},
    {"weight priority order", "providers routes",
     "it stands in the route's to = [{ provider = \"NAME\", weight = 9 }], with strategy = "
     "\"weighted\"; without that the order of to counts"},
    {"rpm_weight", "routes.to", "the order of to counts, or weight"},
    {"extra_headers default_headers custom_headers http_headers organization", "providers",
     "the plugin \"openai\" has headers = { NAME = \"VALUE\" }"},
    {"ssl_verify verify verify_ssl insecure tls_verify", "providers",
     "certificates are always checked: ca_file names the one to trust"},
    {"http_proxy https_proxy", "providers", "proxy"},
    {"input_cost_per_token output_cost_per_token cost_per_token input_cost output_cost", k_anywhere,
     "[[prices]] with input and output, in US dollars for a million tokens"},
    {"enabled disabled disable", "providers routes routes.to",
     "take the section out, or put a # before each of its lines"},
    {"drop_params additional_drop_params", k_anywhere,
     "unknown fields are passed on; what a provider does not take its plugin leaves out, and drop "
     "= "
     "[\"NAME\"] of a target in to"},
    {"default_params params defaults temperature max_tokens", "routes.to",
     "set = { NAME = VALUE }, for calls that leave it out"},
    // Routes.
    {"model_name name id pattern models", "routes", "model, the name that clients use"},
    {"provider providers target targets upstream upstreams deployments", "routes",
     "to = [\"NAME\"]"},
    {"routing_strategy load_balancing lb", "top server routes",
     "strategy = \"weighted\", or another, in [[routes]]"},
    {"mirror mirroring traffic_mirroring", "routes", "shadow = { to = \"NAME\", share = \"5%\" }"},
    {"name id", "routes.to", "provider = \"NAME\""},
    // Budgets, limits and keys.
    {"max_budget amount budget cost usd tokens max_tokens token_limit budget_limit", "budgets",
     "limit = \"50 USD\" or \"100 Mtok\""},
    {"budget_duration duration period interval window reset_period renews every", "budgets",
     "per = \"month\", or \"minute\", \"hour\", \"day\", \"week\", \"none\""},
    {"soft_budget", "budgets", "mode = \"soft\", or warn_at = [0.8] for a warning before the end"},
    {"budget_id id", "budgets limits", "name"},
    {"reset_at budget_reset_at reset_day", "budgets", "reset = { day = 1, zone = \"UTC\" }"},
    {"user users key keys team teams model models provider providers route routes",
     "budgets limits",
     "match = { user = \"NAME\" } for one, each = \"user\" for a counter of each; likewise key, "
     "team, model, provider, route"},
    {"max_budget soft_budget budget_duration budget_id", "top server keys providers routes",
     k_budgets},
    {"budget", "server keys providers routes", k_budgets},
    {"key api_key hash token secret", "keys",
     "the file has the key's hash alone, sha256; `bellwether key new NAME` makes one"},
    {"key_alias key_name user user_id username owner alias", "keys", "name"},
    {"team_id team_alias group", "keys", "team"},
    {"allowed_models model_access", "keys", "models"},
    {"expires_at expiry duration valid_until", "keys", "expires = 2027-01-31, without quotes"},
    {"enabled blocked active", "keys", "disabled = true refuses the key"},
};

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        const std::string_view first = list.substr(0, list.find(' '));
        if (first == word) return true;
        list.remove_prefix(std::min(first.size() + 1, list.size()));
    }
    return false;
}

// The name of a section in the table above: "providers" for "providers.p". Chains have the words of
// `to`, and a table `retry` has those of [retry]. Another table within a provider, such as
// "providers.p.timeouts", keeps its name.
std::string_view kind_of(std::string_view section) {
    constexpr std::string_view k_providers = "providers";
    if (section.empty()) return "top";
    const bool chain = section.starts_with("routes.on_") &&
                       section.find('.', std::string_view("routes.").size()) == section.npos;
    if (chain || section == k_default_to) return "routes.to";
    if (section.ends_with(".retry")) return "retry";
    const bool provider = section.starts_with("providers.") &&
                          section.find('.', k_providers.size() + 1) == section.npos;
    return provider ? k_providers : section;
}

// The name of a variable that the text begins with; empty: none.
std::string_view leading_name(std::string_view text) {
    if (text.empty() || !begins_name(text.front())) return {};
    const auto end =
        std::ranges::find_if(text, [](char c) { return !begins_name(c) && !is_digit(c); });
    return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

struct VariableForm {
    std::string_view before;
    std::string_view after;  // empty: any text may follow the name
};

constexpr VariableForm k_forms[] = {{"os.environ.get('", "'"},
                                    {"os.environ.get(\"", "\""},
                                    {"os.getenv('", "'"},
                                    {"os.getenv(\"", "\""},
                                    {"os.environ['", "'"},
                                    {"os.environ[\"", "\""},
                                    {"process.env.", ""},
                                    {"$env:", ""},
                                    {"env('", "'"},
                                    {"env(\"", "\""},
                                    {"${env:", "}"},
                                    {"${env.", "}"},
                                    {"${", "}"},
                                    {"{env:", "}"},
                                    {"{env.", "}"},
                                    {"{$", "}"},
                                    {"os.environ/", ""}};

// The last name between "{{" and "}}", as in "{{ env.NAME }}" or "{{ env(\"NAME\") }}".
std::string template_variable(std::string_view text) {
    const auto begin = text.find("{{");
    const auto end = begin == text.npos ? text.npos : text.find("}}", begin);
    if (end == text.npos) return {};
    std::string_view rest = text.substr(begin + 2, end - begin - 2);
    std::string_view last;
    while (!rest.empty()) {
        const std::string_view name = leading_name(rest);
        if (!name.empty()) last = name;
        rest.remove_prefix(std::max<std::size_t>(1, name.size()));
    }
    return std::string(last);
}

// Deeper tables are not searched. No section is so deep, but a dotted key can have thousands of
// parts, and the search is recursive.
constexpr int k_depth_max = 16;

// Whether the value of this key may be a reference to a variable.
bool takes_reference(std::string_view key) {
    return names_secret(key) || key == "api_keys" || key == "base_url" || key == "url" ||
           key == "password" || key == "proxy_secret";
}

// Whether the text is just a variable's name, "OPENAI_API_KEY". No credential or URL looks like it.
bool is_bare_name(std::string_view text) {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; };
    const auto ends = [&](std::string_view word) { return text.ends_with(word); };
    constexpr std::string_view k_ends[] = {"_KEY",      "_TOKEN", "_SECRET",
                                           "_PASSWORD", "_URL",   "_BASE"};
    return std::ranges::all_of(text, fits) && std::ranges::any_of(k_ends, ends);
}

// Whether the name is in capitals, as those of variables usually are. Any other name may be a
// credential, so it is not repeated.
bool is_usual_name(std::string_view name) {
    return std::ranges::all_of(
        name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

void check_text(const Text& text, std::string_view key, const std::string& full, Report& report) {
    std::string variable = foreign_variable(text.value);
    if (variable.empty() && takes_reference(key) && is_bare_name(text.value)) variable = text.value;
    if (variable.empty()) return;
    const bool usual = is_usual_name(variable);
    const std::string hint = takes_reference(key)
                                 ? fmt::format("write \"env:{}\"", usual ? variable : "NAME")
                                 : "no variables are replaced here: write the value itself";
    if (report.advise(text.at, hint)) return;
    const std::string what = usual ? "the variable " + variable : "a variable";
    report.warning(
        text.at, fmt::format("{} holds what looks like {}, and is taken as it stands", full, what),
        {}, hint);
}

// Checks all texts within the value of a key, which is within so many tables.
void check_node(const toml::node& node, std::string_view key, const std::string& full, int depth,
                Report& report) {
    if (const auto* table = node.as_table(); table != nullptr && depth < k_depth_max) {
        for (const auto& [name, value] : *table) {
            const std::string_view dot = full.empty() ? "" : ".";
            check_node(value, name.str(), fmt::format("{}{}{}", full, dot, name.str()), depth + 1,
                       report);
        }
    } else if (const auto* array = node.as_array()) {
        for (const auto& element : *array) check_node(element, key, full, depth, report);
    } else if (const auto* text = node.as_string()) {
        check_text({text->get(), position_of(node)}, key, full, report);
    }
}

}  // namespace

std::string advice_on_key(std::string_view section, std::string_view key,
                          std::span<const std::string> known) {
    const auto fits = [&](const ForeignWord& word) {
        return has_word(word.sections, kind_of(section)) && has_word(word.words, key);
    };
    const auto found = std::ranges::find_if(k_words, fits);
    if (found != std::end(k_words)) return std::string(k_here) + std::string(found->advice);
    return did_you_mean(key, known);
}

std::string strategy_of_others(std::string_view word) {
    struct Name {
        std::string_view words;
        Strategy strategy;
    };
    constexpr Name k_others[] = {
        {"simple-shuffle shuffle random round-robin round_robin roundrobin loadbalance",
         Strategy::weighted},
        {"least-busy least-connections least_connections usage-based-routing "
         "usage-based-routing-v2",
         Strategy::least_busy},
        {"latency-based-routing latency lowest-latency least-latency", Strategy::least_latency},
        {"cost-based-routing cost lowest-cost price", Strategy::cheapest},
        {"fallback priority failover single", Strategy::ordered},
        {"consistent-hashing hash sticky-session ip_hash", Strategy::sticky}};
    const auto* found = std::ranges::find_if(
        k_others, [word](const Name& name) { return has_word(name.words, word); });
    if (found == std::end(k_others)) return {};
    return fmt::format("{}strategy = \"{}\"", k_here, name_of(found->strategy));
}

std::string expected_beside(std::string_view advice, std::span<const std::string> known) {
    if (advice.starts_with(k_here)) return {};
    return fmt::format("one of {}", fmt::join(known, ", "));
}

std::string foreign_variable(std::string_view text) {
    for (const VariableForm& form : k_forms) {
        const auto at = text.find(form.before);
        if (at == text.npos) continue;
        const std::string_view rest = text.substr(at + form.before.size());
        const std::string_view name = leading_name(rest);
        if (!name.empty() && rest.substr(name.size()).starts_with(form.after)) {
            return std::string(name);
        }
    }
    const std::string_view name = leading_name(text.substr(std::min<std::size_t>(1, text.size())));
    const std::string_view rest = text.substr(std::min(name.size() + 1, text.size()));
    const bool dollar = text.starts_with('$') && rest.empty();
    const bool percent = text.starts_with('%') && rest == "%";
    if (!name.empty() && (dollar || percent)) return std::string(name);
    return template_variable(text);
}

void check_foreign_variables(const toml::table& table, Report& report) {
    check_node(table, {}, {}, 0, report);
}

}  // namespace bellwether::config
