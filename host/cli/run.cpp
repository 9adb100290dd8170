#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "cli/cli.hpp"
#include "cli/wrong_word.hpp"
#include "config/reference.hpp"
#include "json/writer.hpp"
#include "pages/build_info.hpp"
#include "plugin/isolated/child_entry.hpp"

namespace bellwether::cli {
namespace {

constexpr const char* k_teaching = R"(Start here:
  bellwether serve --config config/bellwether.toml     run the host (the echo provider needs no key)
  bellwether chat -m echo "Hello"                      talk to it from another terminal
  bellwether check                                     find every mistake in the config at once
  bellwether reload                                    let the host read its config again
  bellwether models --filter qwen                      what a client can ask for
  bellwether explain qwen-max                          who serves a model, how, and why
  bellwether plugin list                               which provider plugins are installed
  bellwether key new alice                             a client key, and what the host gets of it
  bellwether usage --by user --since 7d                who used how much, and what it cost
  bellwether budget list                               how much of each budget is left

Any OpenAI client works with base_url = http://127.0.0.1:4141/v1.
The config is --config FILE, else $BELLWETHER_CONFIG, else bellwether.toml, config/bellwether.toml
or /etc/bellwether/bellwether.toml.
Exit codes: 0 done; 1 failed at its work; 2 wrong usage or configuration.)";

// The parsed command line and the verb that it chose.
struct Invocation {
    Common common;
    bool live = false;
    bool no_secrets = false;
    std::string filter;
    ChatOptions chat;
    std::string file;
    ExplainOptions explain;
    KeyOptions key;
    ReportOptions report;
    ReloadOptions reload;
    std::function<int()> verb;
};

CLI::App* add(CLI::App& app, Invocation& invocation, const char* name, const char* help,
              std::function<int()> verb) {
    CLI::App* command = app.add_subcommand(name, help);
    command->add_option("-c,--config", invocation.common.config, "The config file");
    command->add_flag("--json", invocation.common.json, "Print JSON, for programs");
    command->callback([&invocation, verb = std::move(verb)] { invocation.verb = verb; });
    return command;
}

// Adds --url. It is refused together with --config, which would have no effect beside it.
void add_url(CLI::App& command, std::string& url) {
    command
        .add_option("--url", url,
                    "The host's address; else as $BELLWETHER_URL or the config has it")
        ->excludes("--config");
}

void add_chat(CLI::App& app, Invocation& invocation) {
    CLI::App* command = add(app, invocation, "chat", "Send one prompt to a running host",
                            [&invocation] { return chat(invocation.common, invocation.chat); });
    command->add_option("-m,--model", invocation.chat.model, "The model to ask")
        ->default_val("echo");
    command->add_flag("--stream", invocation.chat.stream, "Print the answer as it comes");
    add_url(*command, invocation.chat.url);
    command->add_option("prompt", invocation.chat.prompt, "The prompt; none: standard input");
    command->footer(
        "Example: bellwether chat -m qwen-plus --stream \"Explain mixture of experts\"");
}

void add_explain(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        add(app, invocation, "explain", "Say how a model name is served, and why; no network",
            [&invocation] { return explain(invocation.common, invocation.explain); });
    ExplainOptions& options = invocation.explain;
    command->add_option("model", options.model, "The name that a client uses")->required();
    command->add_option("--key", options.key,
                        "The name or public id of the client key it is used with");
    command->add_option("--user", options.user, "The user for whom it is used");
}

void add_admin(CLI::App& command, std::string& admin) {
    command
        .add_option("--admin", admin,
                    "The address of the host's admin listener; else as the config has it")
        ->excludes("--config");
}

void add_key(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("key", "Make keys for clients, and end them");
    command->require_subcommand(1);
    Common& common = invocation.common;
    KeyOptions& options = invocation.key;
    CLI::App* made = add(*command, invocation, "new", "Make a key; the keys_file gets its hash",
                         [&common, &options] { return key_new(common, options); });
    made->add_option("name", options.name, "Whose key it is")->required();
    made->add_option("--team", options.team, "Several keys may have one team");
    made->add_option("--models", options.models, "Only these: names, or patterns in quotes");
    made->add_option("--expires", options.expires, "When it ends: 2027-01-31; none: never");
    made->footer(
        "The key goes to standard error. If the config names no keys_file, the lines for the\n"
        "config go to standard output.\n"
        "Example: bellwether key new alice --team research --models 'qwen-*'");
    CLI::App* list = add(*command, invocation, "list", "Who has a key, and whether it is good",
                         [&common, &options] { return key_list(common, options); });
    CLI::App* disable = add(*command, invocation, "disable", "Refuse a key from now on",
                            [&common, &options] { return key_disable(common, options); });
    CLI::App* enable = add(*command, invocation, "enable", "Take a disabled key again",
                           [&common, &options] { return key_enable(common, options); });
    CLI::App* gone = add(*command, invocation, "delete", "Take a key out for good",
                         [&common, &options] { return key_delete(common, options); });
    gone->footer("Reports show what it has used under its public id. `key disable` can be undone.");
    CLI::App* rotate =
        add(*command, invocation, "rotate", "Give a caller a new key for the old one",
            [&common, &options] { return key_rotate(common, options); });
    rotate->add_option("--grace", options.grace, "How long the old one is good: 1h; none: it ends");
    rotate->add_option("--expires", options.expires, "When the new one ends; none: as the old one");
    for (CLI::App* one : {disable, enable, gone, rotate}) {
        one->add_option("name", options.name, "The key's name, or its public id")->required();
    }
    for (CLI::App* each : {made, list, disable, enable, gone, rotate}) {
        each->add_option("--keys-file", options.keys_file,
                         "The file that holds the keys; else as the config has it");
    }
}

void add_plugin(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        app.add_subcommand("plugin", "List or inspect provider plugins, or change a running one");
    command->require_subcommand(1);
    add(*command, invocation, "list", "The plugins that can be found by name",
        [&invocation] { return plugin_list(invocation.common); });
    add(*command, invocation, "inspect", "What one plugin says of itself",
        [&invocation] { return plugin_inspect(invocation.common, invocation.file); })
        ->add_option("plugin", invocation.file, "Its file, or its name")
        ->required();
    const auto add_change = [&](const char* verb, const char* help) {
        CLI::App* change = add(*command, invocation, verb, help, [&invocation, verb] {
            return plugin_change(invocation.common, invocation.reload, verb, invocation.file);
        });
        change->add_option("provider", invocation.file, "A provider of the running host")
            ->required();
        add_admin(*change, invocation.reload.admin);
    };
    add_change("reload", "Let a running host load a provider's plugin anew, from its file");
    add_change("unload", "Let a running host serve without a provider, until it is loaded");
    add_change("load", "Let a running host serve with it again");
}

void add_config(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("config", "What a config may hold, for editors");
    command->require_subcommand(1);
    CLI::App* schema = command->add_subcommand("schema", "Print its JSON Schema: every key");
    schema->callback([&invocation] { invocation.verb = config_schema; });
    schema->footer(
        "An editor that reads TOML with taplo completes and checks a file that begins with\n"
        "#:schema ./bellwether.schema.json");
}

void add_budget(CLI::App& app, Invocation& invocation) {
    Common& common = invocation.common;
    ReportOptions& report = invocation.report;
    CLI::App* command = app.add_subcommand("budget", "How the budgets stand, and begin one anew");
    command->require_subcommand(1);
    CLI::App* list = add(*command, invocation, "list", "All budgets: limit, used, left, reset",
                         [&common, &report] { return budget_list(common, report); });
    list->add_flag("--csv", report.csv, "Print comma-separated values");
    CLI::App* show = add(*command, invocation, "show", "One budget, with its fullest counters",
                         [&common, &report] { return budget_show(common, report); });
    CLI::App* reset = add(*command, invocation, "reset", "Set what was used of a budget to 0",
                          [&common, &report] { return budget_reset(common, report); });
    reset->add_flag("--yes", report.sure, "Do not ask");
    for (CLI::App* one : {show, reset}) {
        one->add_option("name", report.name, "The budget's name")->required();
    }
    for (CLI::App* each : {list, show, reset}) add_admin(*each, report.admin);
}

void add_usage(CLI::App& app, Invocation& invocation) {
    Common& common = invocation.common;
    ReportOptions& report = invocation.report;
    CLI::App* command = add(app, invocation, "usage", "Calls, tokens, cost, savings and latency",
                            [&common, &report] { return usage(common, report); });
    report::UsageWords& words = report.words;
    command->add_option("--by", words.by, "model, key, user, team, provider, route or day");
    command->add_option("--since", words.since, "24h, 7d, 4w or a day: 2026-11-01; else 30d");
    command->add_option("--until", words.until, "Up to then, in the same form; else now");
    command->add_option("--zone", words.zone, "Whose days they are: Asia/Bangkok; else UTC");
    command->add_option("--top", words.top, "Only so many; the rest together");
    command->add_flag("--csv", report.csv, "Print comma-separated values");
    add_admin(*command, report.admin);
}

void add_reload(CLI::App& app, Invocation& invocation) {
    ReloadOptions& options = invocation.reload;
    CLI::App* command = add(app, invocation, "reload", "Make a running host read its config again",
                            [&invocation] { return reload(invocation.common, invocation.reload); });
    command->add_flag("--dry-run", options.dry_run, "Try all of it, and change nothing");
    add_admin(*command, options.admin);
    command->footer(
        "The host reads the file that it was started with. If it has a mistake, nothing changes.");
}

void add_upgrade(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        add(app, invocation, "upgrade", "Let the program that is installed now take over",
            [&invocation] { return upgrade(invocation.common, invocation.reload); });
    add_admin(*command, invocation.reload.admin);
    command->footer(
        "A new host is started as the running one was. It takes over the sockets and the ledger,\n"
        "and no call is lost. If it does not get ready, the running one goes on.");
}

void add_check(CLI::App& app, Invocation& invocation) {
    CLI::App* command =
        add(app, invocation, "check", "Check the config, its plugins and credentials; no network",
            [&invocation] {
                if (invocation.live) return check_live(invocation.common);
                return check(invocation.common, invocation.no_secrets ? config::Secrets::left_out
                                                                      : config::Secrets::looked_up);
            });
    CLI::Option* live =
        command->add_flag("--live", invocation.live,
                          "Ask each provider for its models, and name routes that lead nowhere");
    command
        ->add_flag("--no-secrets", invocation.no_secrets,
                   "Where the credentials are not set: check all but them")
        ->excludes(live);
    command->footer("Every mistake is told at once, by its place. With --json they are JSON, too.");
}

std::string version_line() {
    const pages::BuildInfo info = pages::build_info();
    return fmt::format("bellwether {} (plugin ABI {})", info.version, info.abi);
}

void describe(CLI::App& app, Invocation& invocation) {
    app.require_subcommand(1);
    app.footer(k_teaching);
    app.set_version_flag("-V,--version", version_line());
    Common& common = invocation.common;
    add(app, invocation, "serve", "Run the host", [&common] {
        return serve(common);
    })->footer("SIGTERM finishes the calls in flight first; a second one stops at once.");
    add_reload(app, invocation);
    add_upgrade(app, invocation);
    add_check(app, invocation);
    add(app, invocation, "models", "List the models that the config serves", [&invocation] {
        return models(invocation.common, invocation.filter);
    })->add_option("--filter", invocation.filter, "Only names that contain this");
    add_explain(app, invocation);
    add_chat(app, invocation);
    add_url(*add(app, invocation, "health", "Ask a running host whether it takes work",
                 [&invocation] { return health(invocation.common, invocation.chat.url); }),
            invocation.chat.url);
    add_budget(app, invocation);
    add_usage(app, invocation);
    add_plugin(app, invocation);
    add_config(app, invocation);
    add_key(app, invocation);
    CLI::App* said = app.add_subcommand("version", "Print the version");
    said->add_flag("--json", common.json, "Print JSON, for programs");
    said->callback([&] { invocation.verb = [&common] { return version(common); }; });
    app.add_subcommand("help", "What a verb is for and takes: bellwether help usage");
}

// The words of the command line, in which "help VERB..." becomes "VERB... --help".
std::vector<std::string> words_of(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty() || words.front() != "help") return words;
    words.erase(words.begin());
    std::erase_if(words, [](const std::string& word) { return word == "-h" || word == "--help"; });
    words.emplace_back("--help");
    return words;
}

int refuse(const std::string& fault) {
    fmt::print(stderr, "error: {}\nbellwether --help says what there is\n", fault);
    return k_usage;
}

}  // namespace

int config_schema() {
    fmt::print("{}", config::schema());
    return k_ok;
}

int version(const Common& common) {
    if (common.json) {
        const pages::BuildInfo info = pages::build_info();
        json::Writer writer;
        writer.begin_object().field("version", info.version).field("abi", info.abi).end_object();
        fmt::print("{}\n", writer.view());
    } else {
        fmt::print("{}\n", version_line());
    }
    return k_ok;
}

int run(int argc, char** argv) {
    if (plugin::isolated::is_child(argc, argv)) return plugin::isolated::run_child(argc, argv);
    CLI::App app("Bellwether: one OpenAI-compatible endpoint in front of many model providers",
                 "bellwether");
    Invocation invocation;
    try {
        describe(app, invocation);
        std::vector<std::string> words = words_of(argc, argv);
        if (const std::string fault = wrong_word(app, words); !fault.empty()) return refuse(fault);
        std::ranges::reverse(words);  // CLI11 takes the last word first
        app.parse(std::move(words));
        return invocation.verb();
    } catch (const CLI::Success& success) {
        return app.exit(success) == 0 ? k_ok : k_usage;
    } catch (const CLI::ParseError& error) {
        return refuse(error.what());
    } catch (const std::exception& error) {
        fmt::print(stderr, "error: {}\n", error.what());
        return k_failed;
    }
}

}  // namespace bellwether::cli
