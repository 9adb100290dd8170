#include <CLI/CLI.hpp>
#include <exception>

#include <fmt/format.h>

#include "cli/cli.hpp"
#include "json/writer.hpp"
#include "pages/build_info.hpp"

namespace bw::cli {
namespace {

constexpr const char* k_teaching = R"(Start here:
  bellwether serve --config config/bellwether.toml     run the host (the echo provider needs no key)
  bellwether chat -m echo "Hello"                      talk to it from another terminal
  bellwether check                                     find every mistake in the config at once
  bellwether models --filter qwen                      what a client can ask for
  bellwether explain qwen-max                          who serves a model, how, and why
  bellwether plugin list                               which provider plugins are installed
  bellwether key new alice                             a client key, and its lines for the config
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
    std::string filter;
    ChatOptions chat;
    std::string file;
    std::string model;
    std::string key;
    KeyOptions new_key;
    ReportOptions report;
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

void add_url(CLI::App& command, std::string& url) {
    command.add_option("--url", url, "The host's address")
        ->envname("BELLWETHER_URL")
        ->default_val("http://127.0.0.1:4141");
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
            [&invocation] { return explain(invocation.common, invocation.model, invocation.key); });
    command->add_option("model", invocation.model, "The name that a client uses")->required();
    command->add_option("--key", invocation.key,
                        "The name or public id of the client key it is used with");
}

void add_key(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("key", "Make keys for clients");
    command->require_subcommand(1);
    CLI::App* made = add(*command, invocation, "new", "Make a key, and what the config says of it",
                         [&invocation] { return key_new(invocation.common, invocation.new_key); });
    KeyOptions& options = invocation.new_key;
    made->add_option("name", options.name, "Whose key it is")->required();
    made->add_option("--team", options.team, "Several keys may have one team");
    made->add_option("--models", options.models, "Only these: names, or patterns in quotes");
    made->add_option("--expires", options.expires, "When it ends: 2027-01-31; none: never");
    made->footer(
        "The key goes to standard error, the lines for the config to standard output.\n"
        "Example: bellwether key new alice --team research --models 'qwen-*' >> bellwether.toml");
}

void add_plugin(CLI::App& app, Invocation& invocation) {
    CLI::App* command = app.add_subcommand("plugin", "List or inspect provider plugins");
    command->require_subcommand(1);
    add(*command, invocation, "list", "The plugins that can be found by name",
        [&invocation] { return plugin_list(invocation.common); });
    add(*command, invocation, "inspect", "What one plugin says of itself",
        [&invocation] { return plugin_inspect(invocation.common, invocation.file); })
        ->add_option("plugin", invocation.file, "Its file, or its name")
        ->required();
}

void add_admin(CLI::App& command, ReportOptions& report) {
    command.add_option("--admin", report.admin,
                       "The address of the host's admin listener; else as the config has it");
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
    for (CLI::App* each : {list, show, reset}) add_admin(*each, report);
}

void add_usage(CLI::App& app, Invocation& invocation) {
    Common& common = invocation.common;
    ReportOptions& report = invocation.report;
    CLI::App* command = add(app, invocation, "usage", "Calls, tokens, cost, savings and latency",
                            [&common, &report] { return usage(common, report); });
    pages::UsageWords& words = report.words;
    command->add_option("--by", words.by, "model, key, user, team, provider, route or day");
    command->add_option("--since", words.since, "24h, 7d, 4w or a day: 2026-11-01; else 30d");
    command->add_option("--until", words.until, "Up to then, in the same form; else now");
    command->add_option("--zone", words.zone, "Whose days they are: Asia/Bangkok; else UTC");
    command->add_option("--top", words.top, "Only so many; the rest together");
    command->add_flag("--csv", report.csv, "Print comma-separated values");
    add_admin(*command, report);
}

void describe(CLI::App& app, Invocation& invocation) {
    app.require_subcommand(1);
    app.footer(k_teaching);
    Common& common = invocation.common;
    add(app, invocation, "serve", "Run the host", [&common] {
        return serve(common);
    })->footer("SIGTERM finishes the calls in flight first; a second one stops at once.");
    add(app, invocation, "check", "Check the config, its plugins and credentials; no network",
        [&invocation] {
            return invocation.live ? check_live(invocation.common) : check(invocation.common);
        })
        ->add_flag("--live", invocation.live,
                   "Ask each provider for its models, and name routes that lead nowhere");
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
    add_key(app, invocation);
    add(app, invocation, "version", "Print the version", [&common] { return version(common); });
}

}  // namespace

int version(const Common& common) {
    const pages::BuildInfo info = pages::build_info();
    if (common.json) {
        json::Writer writer;
        writer.begin_object().field("version", info.version).field("abi", info.abi).end_object();
        fmt::print("{}\n", writer.view());
    } else {
        fmt::print("bellwether {} (plugin ABI {})\n", info.version, info.abi);
    }
    return k_ok;
}

int run(int argc, char** argv) {
    CLI::App app("Bellwether: one OpenAI-compatible endpoint in front of many model providers",
                 "bellwether");
    Invocation invocation;
    describe(app, invocation);
    try {
        app.parse(argc, argv);
        return invocation.verb();
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? k_ok : k_usage;
    } catch (const std::exception& error) {
        fmt::print(stderr, "error: {}\n", error.what());
        return k_failed;
    }
}

}  // namespace bw::cli
