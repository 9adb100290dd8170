#include <fmt/format.h>
#include <unistd.h>

#include <iostream>
#include <string>

#include "cli/amount_text.hpp"
#include "cli/cli.hpp"
#include "cli/report_source.hpp"
#include "cli/terminal.hpp"
#include "cli/text_table.hpp"
#include "json/value.hpp"

namespace bellwether::cli {
namespace {

using json::Value;

std::int64_t number(const Value& rule, std::string_view name) {
    return rule[name].integer().value_or(0);
}

std::string amount(const Value& rule, std::int64_t number) {
    return rule["unit"].equals("micro_usd") ? dollars(number) : grouped(number);
}

std::string amount(const Value& rule, std::string_view name) {
    return amount(rule, number(rule, name));
}

// "tokens", "output tokens", "USD"
std::string unit_of(const Value& rule) {
    if (rule["unit"].equals("micro_usd")) return "USD";
    return rule["count"].equals("total") ? "tokens" : rule["count"].string() + " tokens";
}

std::string or_nothing(const std::string& text) {
    return text.empty() ? std::string(k_nothing) : text;
}

// "user (12)"
std::string each_of(const Value& rule) {
    const std::string each = rule["each"].string();
    if (each.empty()) return std::string(k_nothing);
    return fmt::format("{} ({})", each, number(rule, "counters"));
}

std::string percent_of(const Value& rule) { return std::string(rule["percent"].raw()) + " %"; }

std::string debt_of(const Value& rule) {
    return number(rule, "debt") == 0 ? std::string(k_nothing) : amount(rule, "debt");
}

void print_budgets(const Value& report) {
    TextTable table({{"BUDGET", Align::left},
                     {"COUNTS", Align::left},
                     {"EACH", Align::left},
                     {"LIMIT"},
                     {"USED"},
                     {"HELD"},
                     {"LEFT"},
                     {"FULL"},
                     {"DEBT"},
                     {"MODE", Align::left},
                     {"RESETS", Align::left}});
    bool several = false;
    bool any = false;
    for (const Value& rule : report["budgets"].elements()) {
        table.add({rule["name"].string(), unit_of(rule), each_of(rule), amount(rule, "limit"),
                   amount(rule, "used"), amount(rule, "held"), amount(rule, "left"),
                   percent_of(rule), debt_of(rule), rule["mode"].string(),
                   or_nothing(rule["resets"].string())});
        several = several || rule["each"];
        any = true;
    }
    if (!any) return fmt::print("The configuration has no budgets.\n");
    fmt::print("{}", table.text(columns_of(STDOUT_FILENO)));
    if (several) {
        fmt::print(
            "\nWhere a budget counts each apart (how many so far), LIMIT is for each, LEFT and "
            "FULL are\nthose of the fullest, USED and HELD of all together.\n");
    }
}

void print_limits(const Value& report) {
    TextTable table({{"LIMIT", Align::left},
                     {"COUNTS", Align::left},
                     {"EACH", Align::left},
                     {"AT MOST"},
                     {"HELD"},
                     {"FULL"}});
    bool any = false;
    for (const Value& rule : report["limits"].elements()) {
        table.add({rule["name"].string(), rule["counts"].string(), each_of(rule),
                   amount(rule, "limit"), amount(rule, "held"), percent_of(rule)});
        any = true;
    }
    if (any) fmt::print("\n{}", table.text(columns_of(STDOUT_FILENO)));
}

void print_csv(const Value& report) {
    constexpr const char* k_fields[] = {"name",  "unit",     "count", "mode",   "each",
                                        "limit", "used",     "held",  "left",   "percent",
                                        "debt",  "counters", "since", "resets", "zone"};
    std::vector<TextTable::Column> columns;
    for (const char* field : k_fields) columns.push_back({field});
    TextTable table(std::move(columns));
    for (const Value& rule : report["budgets"].elements()) {
        std::vector<std::string> cells;
        for (const char* field : k_fields) {
            const Value value = rule[field];
            const bool text = value.kind() == json::Kind::string;
            cells.push_back(text ? value.string() : std::string(value ? value.raw() : ""));
        }
        table.add(std::move(cells));
    }
    fmt::print("{}", table.csv());
}

void print_window(const Value& rule) {
    const std::string resets = rule["resets"].string();
    if (resets.empty()) return fmt::print("It never resets.\n");
    fmt::print("Since {}; resets at {} ({}).\n", rule["since"].string(), resets,
               rule["zone"].string());
}

void print_top(const Value& rule) {
    if (!rule["each"] || number(rule, "counters") == 0) return;
    const std::string each = rule["each"].string();
    fmt::print("\nThe fullest of {} so far:\n\n", number(rule, "counters"));
    TextTable table({{each, Align::left}, {"USED"}, {"HELD"}, {"FULL"}});
    for (const Value& counter : rule["top"].elements()) {
        const std::string value = counter["value"].string();
        table.add({value.empty() ? "(none)" : value, amount(rule, number(counter, "used")),
                   amount(rule, number(counter, "held")), percent_of(counter)});
    }
    fmt::print("{}", table.text(columns_of(STDOUT_FILENO)));
}

void print_one(const Value& rule, std::string_view counts) {
    const std::string each = rule["each"].string();
    fmt::print("{}: {}{}{}\n", plain(rule["name"].string()), amount(rule, "limit"), counts,
               each.empty() ? "" : " for each " + each);
    if (number(rule, "counters") == 0) fmt::print("Nothing has been counted yet.\n");
    fmt::print("{} used, {} held by calls in flight, {} left{} ({} full).\n", amount(rule, "used"),
               amount(rule, "held"), amount(rule, "left"), each.empty() ? "" : " to the fullest",
               percent_of(rule));
    if (number(rule, "debt") > 0) {
        fmt::print("Debt: {} were used beyond the limit.\n", amount(rule, "debt"));
    }
    if (rule["zone"]) print_window(rule);
    print_top(rule);
}

struct Told {
    ReportSource source;
    std::string json;
};

Reported<Told> ask(const Common& common, const ReportOptions& options) {
    auto source = ReportSource::find(common, options.admin);
    if (!source) return std::unexpected(std::move(source.error()));
    auto told = source->budgets(options.name);
    if (!told) return std::unexpected(std::move(told.error()));
    return Told{.source = *std::move(source), .json = *std::move(told)};
}

// Asks at the terminal whether to reset the budget; true: the answer is yes.
bool confirmed(const Value& rule, const std::string& place) {
    fmt::print("Set what the budget \"{}\" has used to 0 ({} used, counters: {}; {})? [y/N] ",
               plain(rule["name"].string()), amount(rule, "used"), number(rule, "counters"), place);
    std::fflush(stdout);
    std::string line;
    std::getline(std::cin, line);
    return line == "y" || line == "Y" || line == "yes";
}

}  // namespace

int budget_list(const Common& common, const ReportOptions& options) {
    const auto told = ask(common, options);
    if (!told) return say_failure(told.error());
    const Value report(told->json);
    if (common.json) {
        fmt::print("{}\n", told->json);
    } else if (options.csv) {
        print_csv(report);
    } else {
        print_budgets(report);
        print_limits(report);
    }
    return k_ok;
}

int budget_show(const Common& common, const ReportOptions& options) {
    const auto told = ask(common, options);
    if (!told) return say_failure(told.error());
    const Value report(told->json);
    if (common.json) {
        fmt::print("{}\n", told->json);
        return k_ok;
    }
    for (const Value& rule : report["budgets"].elements()) {
        const bool money = rule["unit"].equals("micro_usd");  // amounts in dollars show "$"
        print_one(rule, money ? "" : " " + unit_of(rule));
    }
    for (const Value& rule : report["limits"].elements()) {
        print_one(rule, " " + rule["counts"].string());
    }
    return k_ok;
}

int budget_reset(const Common& common, const ReportOptions& options) {
    auto told = ask(common, options);
    if (!told) return say_failure(told.error());
    const Value rule = Value(told->json)["budgets"].at(0);
    if (!rule) {
        return say_failure({.message = fmt::format("\"{}\" is a limit: it counts calls in flight, "
                                                   "and has nothing to reset",
                                                   options.name)});
    }
    if (!options.sure && isatty(STDIN_FILENO) == 0) {
        return say_failure({.message = "a reset cannot be taken back; say that you mean it: --yes",
                            .exit_code = k_usage});
    }
    if (!options.sure && !confirmed(rule, told->source.place())) {
        fmt::print("Nothing was changed.\n");
        return k_failed;
    }
    const auto done = told->source.reset(options.name);
    if (!done) return say_failure(done.error());
    if (common.json) {
        fmt::print("{}\n", *done);
    } else {
        fmt::print("The budget \"{}\" begins anew; counters set to 0: {} ({}).\n",
                   plain(options.name), number(Value(*done), "counters"), told->source.place());
    }
    return k_ok;
}

}  // namespace bellwether::cli
