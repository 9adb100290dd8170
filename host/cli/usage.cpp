#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/amount_text.hpp"
#include "cli/cli.hpp"
#include "cli/report_source.hpp"
#include "cli/terminal.hpp"
#include "cli/text_table.hpp"
#include "json/value.hpp"

namespace bellwether::cli {
namespace {

using json::Value;
using Text = std::string (*)(std::int64_t);

// A number of the report, or "-" where it is null or, if `hides_zero`, 0.
std::string cell(const Value& value, Text text, bool hides_zero = false) {
    const auto number = value.integer();
    if (!number || (hides_zero && *number == 0)) return std::string(k_nothing);
    return text(*number);
}

std::vector<std::string> row_of(std::string name, const Value& of) {
    const Value speed = of["output_tokens_per_second"];
    return {std::move(name),
            cell(of["calls"], grouped),
            cell(of["succeeded"], grouped),
            cell(of["input_tokens"], grouped),
            cell(of["cached_input_tokens"], grouped, true),
            cell(of["output_tokens"], grouped),
            cell(of["reasoning_tokens"], grouped, true),
            cell(of["cost_micro_usd"], dollars),
            cell(of["list_cost_micro_usd"], dollars),
            cell(of["saved_micro_usd"], dollars),
            cell(of["duration_us"]["average"], time_text),
            cell(of["duration_us"]["p50"], time_text),
            cell(of["duration_us"]["p99"], time_text),
            cell(of["first_token_us"]["average"], time_text),
            std::string(speed ? speed.raw() : k_nothing)};
}

std::string name_of(const Value& group) {
    std::string name = group["name"].string();
    return name.empty() ? "(none)" : name;
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return text;
}

void print_table(const Value& report) {
    TextTable table({{upper(report["by"].string()), Align::left},
                     {"CALLS"},
                     {"OK"},
                     {"INPUT TOK"},
                     {"CACHED TOK"},
                     {"OUTPUT TOK"},
                     {"REASONING TOK"},
                     {"COST"},
                     {"AT LIST"},
                     {"SAVED"},
                     {"AVERAGE"},
                     {"P50"},
                     {"P99"},
                     {"FIRST TOKEN"},
                     {"TOKENS/S"}});
    for (const Value& group : report["groups"].elements()) {
        table.add(row_of(name_of(group), group));
    }
    if (report["other"]) table.add(row_of("(other)", report["other"]));
    table.add(row_of("total", report["total"]));
    fmt::print("{}", table.text(columns_of(STDOUT_FILENO)));
}

void print_savings(const Value& total) {
    const auto list = total["list_cost_micro_usd"].integer().value_or(0);
    const auto saved = total["saved_micro_usd"].integer().value_or(0);
    if (list == 0) return;
    const double share = 100 * static_cast<double>(saved) / static_cast<double>(list);
    fmt::print("Saved {} of {} at list prices ({:.1f} %).\n", dollars(saved), dollars(list), share);
}

void print_gaps(const Value& total) {
    const auto unpriced = total["calls_without_cost"].integer().value_or(0);
    const auto estimated = total["estimated"].integer().value_or(0);
    if (unpriced > 0) {
        fmt::print("Without a price ([[prices]]), and so in no cost: {} of the calls.\n",
                   grouped(unpriced));
    }
    if (estimated > 0) {
        fmt::print("Counted by their estimates, as nobody told their tokens: {} of the calls.\n",
                   grouped(estimated));
    }
}

void print_top_users(const Value& report) {
    if (report["by"].equals("user")) return;
    std::string users;
    for (const Value& user : report["top_users"].elements()) {
        const auto cost = user["cost_micro_usd"].integer();
        const auto tokens = user["input_tokens"].integer().value_or(0) +
                            user["output_tokens"].integer().value_or(0);
        users += fmt::format("{}{} ({})", users.empty() ? "" : ", ", plain(name_of(user)),
                             cost ? dollars(*cost) : grouped(tokens) + " tokens");
    }
    if (!users.empty()) fmt::print("Top users: {}.\n", users);
}

std::string span_of(const Value& report) {
    const std::string until = report["until"].string();
    return fmt::format("since {}{}", report["since"].string(),
                       until.empty() ? "" : " and before " + until);
}

void print_for_people(const Value& report, const std::string& place) {
    const Value total = report["total"];
    if (total["calls"].integer().value_or(0) == 0) {
        fmt::print("No call has been counted {} ({}).\n", span_of(report), place);
        return;
    }
    fmt::print("Usage {} ({})\n\n", span_of(report), place);
    print_table(report);
    fmt::print("\n");
    print_savings(total);
    print_gaps(total);
    print_top_users(report);
}

std::vector<std::string> csv_row(std::string name, const Value& of) {
    std::vector<std::string> cells{std::move(name)};
    const auto add = [&cells](const Value& value) {
        cells.emplace_back(value ? value.raw() : std::string_view());
    };
    const auto add_dollars = [&cells](const Value& value) {
        const auto amount = value.integer();
        cells.push_back(amount ? exact_dollars(*amount) : std::string());
    };
    for (const char* figure : {"calls", "succeeded", "estimated", "input_tokens",
                               "cached_input_tokens", "output_tokens", "reasoning_tokens"}) {
        add(of[figure]);
    }
    for (const char* amount : {"cost_micro_usd", "list_cost_micro_usd", "saved_micro_usd"}) {
        add_dollars(of[amount]);
    }
    add(of["calls_without_cost"]);
    add(of["calls_without_list_cost"]);
    for (const char* spread : {"duration_us", "first_token_us"}) {
        for (const char* figure : {"average", "p50", "p99"}) add(of[spread][figure]);
    }
    add(of["output_tokens_per_second"]);
    return cells;
}

void print_csv(const Value& report) {
    std::vector<TextTable::Column> columns;
    columns.push_back({report["by"].string()});
    for (const char* title :
         {"calls", "succeeded", "estimated", "input_tokens", "cached_input_tokens", "output_tokens",
          "reasoning_tokens", "cost_usd", "list_cost_usd", "saved_usd", "calls_without_cost",
          "calls_without_list_cost", "duration_average_us", "duration_p50_us", "duration_p99_us",
          "first_token_average_us", "first_token_p50_us", "first_token_p99_us",
          "output_tokens_per_second"}) {
        columns.push_back({title});
    }
    TextTable table(std::move(columns));
    for (const Value& group : report["groups"].elements()) {
        table.add(csv_row(group["name"].string(), group));
    }
    if (report["other"]) table.add(csv_row("(other)", report["other"]));
    fmt::print("{}", table.csv());
}

}  // namespace

int usage(const Common& common, const ReportOptions& options) {
    auto source = ReportSource::find(common, options.admin);
    auto told = source ? source->usage(options.words)
                       : Reported<std::string>(std::unexpected(std::move(source.error())));
    if (!told) return say_failure(told.error());
    if (common.json) {
        fmt::print("{}\n", *told);
    } else if (options.csv) {
        print_csv(Value(*told));
    } else {
        print_for_people(Value(*told), source->place());
    }
    return k_ok;
}

}  // namespace bellwether::cli
