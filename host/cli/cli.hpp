// The command line, one file for each verb. Exit codes: 0 done, 1 failed at its work, 2 wrong usage
// or configuration.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "front/host.hpp"
#include "report/usage_question.hpp"

namespace bellwether::cli {

inline constexpr int k_ok = 0;
inline constexpr int k_failed = 1;
inline constexpr int k_usage = 2;

// What every verb may be given.
struct Common {
    std::filesystem::path config;  // empty: find_config() looks for one
    bool json = false;
};

struct ChatOptions {
    std::string url;  // empty: as the environment or the config has it
    std::string model;
    bool stream = false;
    std::vector<std::string> prompt;  // joined by spaces; empty: standard input
};

struct KeyOptions {
    std::filesystem::path keys_file;  // empty: as the config has it
    std::string name;                 // or the public id, of a key that is there
    std::string team;
    std::vector<std::string> models;
    std::string expires;
    std::string grace;  // how long a key that is replaced is good; empty: not at all
};

struct ReportOptions {
    std::string admin;  // the address of a host's admin listener; empty: as the config has it
    bool csv = false;
    bool sure = false;  // ask nothing before a reset
    std::string name;   // of a budget
    report::UsageWords words;
};

struct ReloadOptions {
    std::string admin;  // the address of a host's admin listener; empty: as the config has it
    bool dry_run = false;
};

int serve(const Common& common);
int reload(const Common& common, const ReloadOptions& options);
int upgrade(const Common& common, const ReloadOptions& options);
int check(const Common& common, config::Secrets secrets);
int check_live(const Common& common);  // asks every provider for its models
int models(const Common& common, const std::string& filter);
struct ExplainOptions {
    std::string model;
    std::string key;   // a client key's name or public id; empty: none
    std::string user;  // as a client names it; empty: nobody
};
int explain(const Common& common, const ExplainOptions& options);
int chat(const Common& common, const ChatOptions& options);
int key_new(const Common& common, const KeyOptions& options);
int key_list(const Common& common, const KeyOptions& options);
int key_disable(const Common& common, const KeyOptions& options);
int key_enable(const Common& common, const KeyOptions& options);
int key_delete(const Common& common, const KeyOptions& options);
int key_rotate(const Common& common, const KeyOptions& options);
int health(const Common& common, const std::string& url);
int plugin_list(const Common& common);
int plugin_inspect(const Common& common, const std::string& file);
// `verb`: "reload", "load" or "unload".
int plugin_change(const Common& common, const ReloadOptions& options, const std::string& verb,
                  const std::string& provider);
int budget_list(const Common& common, const ReportOptions& options);
int budget_show(const Common& common, const ReportOptions& options);
int budget_reset(const Common& common, const ReportOptions& options);
int usage(const Common& common, const ReportOptions& options);
int config_schema();  // for editors
int version(const Common& common);

// Folders beside this program, in which plugins are looked up after the config's plugin_path.
std::vector<std::filesystem::path> plugin_folders();

using Diagnostics = std::vector<config::Diagnostic>;

// The config file to use; nothing: none is named, and none is in the usual places.
std::optional<std::filesystem::path> find_config(const Common& common);

using front::HostCheck;
// Reads the config, loads its plugins and tries each provider once. `before`: the host that runs,
// whose providers are kept where they are the same; null: none does.
HostCheck check_host(const Common& common, config::Secrets secrets,
                     const front::Host* before = nullptr);

// The same for a host that runs. A config that is no file, such as a pipe, is refused: it could be
// read only once.
HostCheck check_again(const Common& common, const front::Host& before);
// The host that runs, with the keys that its keys_file has now.
HostCheck check_keys(const front::Host& before);
// The host that runs, with one provider that was loaded anew; empty: with none. Canaries whose end
// has come end.
HostCheck check_provider(const front::Host& before, const std::string& name);

// Prints the output of `check --json`.
void print_check_json(const Common& common, const HostCheck& check, config::Secrets secrets);

// Both print all diagnostics on standard error, and give nothing if one of them is an error.
std::optional<front::Host> load_host(const Common& common);
std::optional<config::Config> load_config(const Common& common,
                                          config::Secrets secrets = config::Secrets::looked_up);

// Parses the arguments and runs the verb; returns the exit code.
int run(int argc, char** argv);

}  // namespace bellwether::cli
