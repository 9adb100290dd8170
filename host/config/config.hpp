// `Config` is the whole configuration as one value; `Loaded` has it with the mistakes found in the
// file. One thread reads it. Nobody changes it afterwards, so all threads may share it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/http_version.hpp"
#include "base/log_level.hpp"
#include "calendar/period.hpp"
#include "config/position.hpp"
#include "config/price.hpp"
#include "config/routing.hpp"

namespace bellwether::config {

enum class Severity { error, warning };

// One mistake in the config. to_string() gives
// `file:line:column: error: what; expected ...; did you mean ...`.
struct Diagnostic {
    Severity severity = Severity::error;
    std::string file;
    Position at;
    std::string what;
    std::string expected;  // may be empty
    std::string hint;      // may be empty; for example `did you mean "listen"?`
};
std::string to_string(const Diagnostic&);

// Whether credentials are read from the variables and files that hold them. With `left_out` a
// configuration can be checked on a machine that has no credentials.
enum class Secrets { looked_up, left_out };

// A credential as the file names it, "env:NAME" or "file:/path"; never the value itself.
struct SecretReference {
    std::string name;  // as the plugin's manifest calls it: "api_key"
    std::string reference;
    Position at;
};

// Whether a provider's plugin runs in child processes, and what each of them may take.
struct Isolation {
    enum class Processes : std::uint8_t {
        none,  // it runs in the host
        one,
        each_worker
    };
    Processes processes = Processes::none;
    std::uint64_t memory_bytes = 1u << 30;
    int cpu_hundredths = 0;               // of a processor, on average; 0: no limit
    milliseconds callback_budget{1'000};  // for one function of the plugin's

    bool is_on() const { return processes != Processes::none; }
    bool operator==(const Isolation&) const = default;
};

enum class ProxyChoice { environment, none, given };

// How the host connects to a provider or a webhook.
struct Wire {
    std::filesystem::path ca_file;  // PEM bundle to trust instead of the system's; empty: system
    std::filesystem::path client_cert;  // PEM; empty: none
    std::filesystem::path client_key;   // PEM; empty: within client_cert
    HttpVersion http = HttpVersion::one;
    ProxyChoice proxy_choice = ProxyChoice::environment;
    std::string proxy;  // scheme://host:port, if given
    Position proxy_at;
    std::string proxy_secret;  // reference to "user:password"; empty: none
    Position proxy_secret_at;
    std::size_t connections_max = 0;  // for each worker; 0: no limit
    std::size_t idle_connections_max = 256;
    std::chrono::seconds idle_time{60};
};

struct Provider {
    std::string name;
    std::string plugin;  // a name looked up in plugin_path, or a path
    Position plugin_at;
    std::string sha256;    // pin of the plugin file, lower-case hex; empty: none
    std::string base_url;  // empty: the plugin's default
    Position base_url_at;
    // Where else its requests may go, in place of the plugin's list; nothing: as the plugin says.
    std::optional<std::vector<std::string>> origins;
    bool required = true;  // false: a missing credential disables the provider, with a warning
    std::vector<SecretReference> secrets;  // keys named `api_key` or `*_key`, `*_token`, `*_secret`
    // From `api_keys`: more values of the secret `api_key`, each a credential of its own. The first
    // one is in `secrets` as well. Empty: there is one credential at most.
    std::vector<SecretReference> api_keys;
    std::vector<std::string> models;           // models known to be there besides the plugin's own
    std::vector<std::string> forward_headers;  // of requests: go on to the upstream; lower case
    std::int64_t max_concurrent = 0;  // calls at once, of all workers and hosts; 0: no limit
    milliseconds queue_wait{10'000};  // how long a call may wait for max_concurrent or for the
                                      // upstream's own limits; zero: it is refused at once
    std::size_t queue_length = 100;
    Timeouts timeouts;
    Retry retry;            // with the values of `[retry]` where the provider has none of its own
    milliseconds probe{0};  // how often its upstream is asked for its models; zero: never
    // What a new version of its plugin gets of the new calls at first, in hundredths of a percent;
    // 0: all of them. And for how long.
    int canary = 0;
    milliseconds canary_time{300'000};
    Isolation isolation;
    Wire wire;
    std::vector<Option> options;
    std::vector<std::string> refused;  // keys with wrong values, perhaps "plugin_path" among them;
                                       // what follows from such a key is not reported again
    Position at;

    bool is_refused(std::string_view key) const;
};

enum class StoreKind : std::uint8_t { none, memory, sqlite, redis };

// What a hold survives once SQLite has written it.
enum class Sync : std::uint8_t {
    disk,  // also a power cut
    os     // the end of the process, but no power cut
};

// Where the ledger is, which keeps what calls have used.
struct Ledger {
    StoreKind kind = StoreKind::none;  // none: nothing needs counting
    std::filesystem::path file;        // of SQLite; absolute
    bool is_default_file = false;      // true: `file` is the default; folders are created
    std::string host;                  // of Redis: a name or an address, IPv6 without brackets
    std::uint16_t port = 6379;
    std::string user;  // empty: the default one
    int database = 0;
    bool encrypted = false;
    std::string password;  // "env:NAME" or "file:/path"; empty: none
    Position password_at;
    std::filesystem::path ca_file;  // PEM bundle to trust instead of the system's; empty: system
    std::string prefix = "bellwether";  // of all its keys in Redis
    bool allows_on_failure = false;     // true: without the ledger, calls pass uncounted
    milliseconds keep_usage = std::chrono::days(400);  // of the rows of calls; 0: for ever
    std::size_t max_counters = 1'000'000;
    milliseconds linger{10};  // of SQLite: how long a settled call may stay unwritten
    Sync sync = Sync::disk;   // of SQLite
    Position at;
};

// What a rule can look at in a call.
enum class Subject : std::uint8_t { key, team, user, model, provider, route };
inline constexpr std::size_t k_subjects = 6;

// Which calls a rule counts, and whether it counts them together or each value apart.
struct Scope {
    // Indexed by Subject: names and globs, one of which must match; empty: every value matches.
    std::array<std::vector<std::string>, k_subjects> match;
    std::optional<Subject> each;  // one counter for each value of this; nothing: a single one

    const std::vector<std::string>& names(Subject subject) const {
        return match[static_cast<std::size_t>(subject)];
    }
};

using calendar::Period;

enum class BudgetUnit : std::uint8_t { tokens, micro_usd };
enum class Count : std::uint8_t { total, input, output };  // which tokens
enum class BudgetMode : std::uint8_t {
    hard,   // refuses
    soft,   // warns
    shadow  // counts only, and says what it would have refused
};

// A URL to which the host sends a POST when it warns of a budget.
struct Webhook {
    std::string name;
    std::string url;        // never printed: whoever knows it can post to it
    std::string reference;  // "env:NAME" or "file:/path"; empty: the file holds the URL itself
    Wire wire;
    Position at;
};

struct Budget {
    std::string name;
    BudgetUnit unit = BudgetUnit::tokens;
    std::int64_t limit = 0;
    Count count = Count::total;  // of tokens
    Period period;
    Scope scope;
    BudgetMode mode = BudgetMode::hard;
    std::vector<int> warn_at;            // shares of the limit in hundredths of a percent, rising
    std::optional<std::size_t> webhook;  // index into Config::webhooks
    Position at;
};

// `amount` in `period`, at most `burst` at once.
struct Rate {
    std::int64_t amount = 0;
    std::chrono::seconds period{60};
    std::int64_t burst = 0;

    bool operator==(const Rate&) const = default;
};

// At least one of `requests`, `tokens` and `concurrent` is set.
struct Limit {
    std::string name;  // if the file gives no name: "limit-1" and so on, by its order
    Scope scope;
    std::optional<Rate> requests;
    std::optional<Rate> tokens;
    std::int64_t concurrent = 0;  // calls at once; 0: no limit
    milliseconds queue_wait{0};   // how long a call waits for its turn; zero: it is refused at once
    std::size_t queue_length = 100;
    Position at;
};

// A client key: whose it is and what it may use. The host knows the hash of the key, not the key.
struct Key {
    std::string name;
    std::string id;                   // the public part of the key
    std::string sha256;               // of the whole key, lower-case hex
    std::string team;                 // empty: none
    std::vector<std::string> models;  // exact names or globs, as clients use them; empty: all
    std::vector<Position> models_at;  // where each of them stands
    std::optional<std::chrono::sys_seconds> expires;  // refused from this moment on
    bool disabled = false;
    Position at{};
};

enum class LogFormat { automatic, text, json };

// What the host accepts from clients: sizes, times, connections and origins.
struct Front {
    std::size_t request_line_bytes_max = 16u << 10;
    std::size_t header_bytes_max = 64u << 10;
    std::size_t header_count_max = 100;
    std::size_t inflate_ratio_max = 100;  // how many times its size a packed body may have
    milliseconds header_timeout{10'000};  // from a request's first byte to the end of its head
    milliseconds body_timeout{30'000};    // silence within a body
    std::size_t body_rate_min = 512;      // bytes in a second, after the first body_timeout
    milliseconds idle_timeout{75'000};    // between two requests
    milliseconds write_timeout{60'000};   // in which the client takes no byte of a reply
    std::size_t connections_max = 10'000;
    std::size_t connections_per_client_max = 0;  // 0: no limit of its own
    std::vector<std::string> hosts;         // names it answers to besides localhost; lower case
    std::vector<std::string> cors_origins;  // of web pages that may call the host; "*": any
};

struct Server {
    std::string host = "127.0.0.1";
    std::uint16_t port = 4141;  // 0: any free port
    unsigned workers = 0;       // 0: one a core ("auto")
    std::size_t max_body_bytes = 32u << 20;
    std::size_t bodies_bytes_max = std::size_t{1} << 30;  // of all workers, held at once
    bool cost_in_body = false;       // every usage that a client gets has `usage.cost`
    milliseconds heartbeat{15'000};  // the longest silence on a client's stream; zero: no limit
    // How long SIGTERM lets calls come while the host says that it is not ready.
    milliseconds shutdown_grace{0};
    milliseconds drain{30'000};  // how long calls in flight are waited for after that
    std::optional<milliseconds> drain_streams;  // the same of streams; nothing: as `drain`
    // How long calls may outlive their config after a reload; zero: as long as they take.
    milliseconds reload_drain{3'600'000};
    bool watch = false;  // reloads by itself when a file has changed
    OnDisconnect on_disconnect;
    // The output assumed for a call that sets no limit, if the model's limit is not known.
    std::int64_t default_max_tokens = 4096;
    // The size assumed for a prompt with parts of unknown size, if no context is known.
    std::int64_t default_context = 1'000'000;
    std::string user_header;  // header that names the call's user; lower case; empty: none
    Front front;
};

std::size_t worker_count(const Server& server);  // with a number in place of 0

struct Log {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::automatic;
    bool access = true;
};

// The listener for operators: metrics, health, what is configured and running.
struct Admin {
    bool on = true;
    std::string host = "127.0.0.1";  // always a loopback address
    std::uint16_t port = 4142;       // 0: any free port
};

struct Config {
    std::filesystem::path file;  // the one that was asked for
    // Every file that was read or looked for, this one first. Positions count them.
    std::vector<std::filesystem::path> files;
    std::vector<std::string> include;                    // as the file has it
    std::vector<std::filesystem::path> include_folders;  // in which its patterns look; absolute
    std::filesystem::path keys_file;                     // absolute; empty: none
    Secrets secrets = Secrets::looked_up;
    Server server;
    Admin admin;
    Log log;
    std::vector<std::filesystem::path> plugin_path;  // absolute; the file may name them relatively
    std::vector<Position> plugin_path_at;            // where each of them stands
    std::vector<Provider> providers;
    Retry retry;
    RetryBudget retry_budget;
    Health health;
    std::vector<Route> routes;
    std::vector<Price> prices;  // of all files; route/prices.hpp says which one counts
    std::vector<Key> keys;      // in the order of the files
    Ledger ledger;
    std::vector<Webhook> webhooks;
    std::vector<Budget> budgets;
    std::vector<Limit> limits;

    // Whether callers need a key. With a keys_file they do, also if it has none: whoever names one
    // does not mean to let everybody in.
    bool asks_for_keys() const { return !keys.empty() || !keys_file.empty(); }
    // Which file a position is in.
    const std::filesystem::path& file_of(Position at) const;
    std::string place_of(Position at) const;  // "FILE:LINE"
};

// The keys that every [providers.NAME] may have, whatever its plugin.
const std::vector<std::string>& provider_keys();

struct Loaded {
    Config config;  // complete only if no diagnostic is an error
    std::vector<Diagnostic> diagnostics;
    bool ok() const;
};

// Reads and checks the whole file; reports every mistake, not just the first.
Loaded load(const std::filesystem::path& file, Secrets secrets = Secrets::looked_up);
Loaded parse(std::string_view text, const std::filesystem::path& file,
             Secrets secrets = Secrets::looked_up);

// Where the host of a config listens, for a command that only needs its address. Only a mistake
// that hides the address is an error: a host goes on running even if its file has been given a
// mistake elsewhere.
std::expected<Server, std::vector<Diagnostic>> load_listen(const std::filesystem::path& file);

// The same of the admin listener.
std::expected<Admin, std::vector<Diagnostic>> load_admin_listen(const std::filesystem::path& file);

// The value behind "env:NAME" or "file:/path" (one trailing newline dropped); the error is a
// sentence that names the variable or file and never the value.
std::expected<std::string, std::string> resolve(std::string_view reference);
// The same of a credential that is a text of several lines, such as a JSON file.
std::expected<std::string, std::string> resolve_document(std::string_view reference);

}  // namespace bellwether::config
