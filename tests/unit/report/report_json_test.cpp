// Reports as the admin pages answer them and the command line prints them: golden outputs.
#include <gtest/gtest.h>

#include "report/budget_report.hpp"
#include "report/usage_report.hpp"

namespace bellwether::report {
namespace {

config::Config config_with_key() {
    config::Config config;
    config.file = "c.toml";
    config.keys.push_back({.name = "ann", .id = "0a1b2c3d"});
    return config;
}

TEST(UsageJson, TellsKeysByNameAndTheUnknownAsNull) {
    UsageQuestion question{.by = Grouping::key};
    question.span.since_us = 0;
    UsageReporter reporter(question);
    ledger::UsageRow row;
    row.key = "0a1b2c3d";
    row.status = 200;
    row.usage = {.input_tokens = 100, .output_tokens = 50, .source = UsageSource::provider};
    row.cost_micro_usd = 7;
    row.duration_us = 500'000;
    reporter.add(row);
    const std::string figures = R"("calls": 1,
        "succeeded": 1,
        "estimated": 0,
        "input_tokens": 100,
        "cached_input_tokens": 0,
        "output_tokens": 50,
        "reasoning_tokens": 0,
        "cost_micro_usd": 7,
        "list_cost_micro_usd": null,
        "saved_micro_usd": null,
        "calls_without_cost": 0,
        "calls_without_list_cost": 1,
        "duration_us": {
            "average": 500000,
            "p50": 500000,
            "p99": 500000
        },
        "first_token_us": null,
        "output_tokens_per_second": 100.0
    })";
    std::string deeper = figures;
    for (std::size_t at = 0; (at = deeper.find('\n', at)) != deeper.npos;) {
        deeper.insert(++at, "    ");
    }
    EXPECT_EQ(to_json(reporter.take(), config_with_key()), R"({
    "config": "c.toml",
    "by": "key",
    "zone": "UTC",
    "since": "1970-01-01T00:00:00Z",
    "until": null,
    "total": {
        )" + figures + R"(,
    "groups": [
        {
            "name": "ann",
            "id": "0a1b2c3d",
            )" + deeper + R"(
    ],
    "other": null,
    "top_users": []
})");
}

TEST(BudgetJson, TellsHowFullTheFullestIsAndWhenItResets) {
    config::Config config;
    config.file = "c.toml";
    config::Budget budget;
    budget.name = "everyone";
    budget.limit = 1'000;
    budget.period.unit = calendar::Unit::day;
    config.budgets.push_back(budget);
    config.limits.push_back({.name = "at once", .concurrent = 5});
    const ledger::StoredCounter counter{.name = {.rule = "everyone", .value = ""},
                                        .window = {.start = 0, .end = 86'400},
                                        .used = 600,
                                        .held = 50};
    EXPECT_EQ(to_json(budget_report(config, {&counter, 1}, 1), config), R"({
    "config": "c.toml",
    "budgets": [
        {
            "name": "everyone",
            "unit": "tokens",
            "count": "total",
            "mode": "hard",
            "each": null,
            "limit": 1000,
            "used": 600,
            "held": 50,
            "left": 350,
            "percent": 65.00,
            "counters": 1,
            "top": [
                {
                    "value": "",
                    "used": 600,
                    "held": 50,
                    "percent": 65.00
                }
            ],
            "debt": 0,
            "since": "1970-01-01T00:00:00Z",
            "resets": "1970-01-02T00:00:00Z",
            "zone": "UTC"
        }
    ],
    "limits": [
        {
            "name": "at once",
            "counts": "calls at once",
            "each": null,
            "limit": 5,
            "used": 0,
            "held": 0,
            "left": 5,
            "percent": 0.00,
            "counters": 0,
            "top": []
        }
    ]
})");
    EXPECT_EQ(to_json(BudgetReset{.name = "everyone", .counters = 2}), R"({
    "name": "everyone",
    "counters": 2
})");
}

}  // namespace
}  // namespace bellwether::report
