#include "pages/explained_rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "pages/admin_rules.hpp"

namespace bw::pages {
namespace {

using policy::Counts;

std::string counts_of(const config::Budget& budget) {
    std::string text = amount_text(budget);
    const bool tokens = budget.unit == config::BudgetUnit::tokens;
    if (tokens && budget.count != config::Count::total) {
        text += fmt::format(" of {}", name_of(budget.count));
    }
    const bool ends = budget.period.unit != calendar::Unit::none;
    text += ends ? fmt::format(" a {}", name_of(budget.period.unit)) : " for good";
    return fmt::format("{}, {}", text, name_of(budget.mode));
}

std::string counts_of(const policy::Rule& rule) {
    if (rule.budget != nullptr) return counts_of(*rule.budget);
    const config::Limit& limit = *rule.limit;
    switch (rule.counts) {
        case Counts::concurrent: return fmt::format("{} at once", limit.concurrent);
        case Counts::requests: return fmt::format("{} requests", rate_text(*limit.requests));
        default: return fmt::format("{} tokens", rate_text(*limit.tokens));
    }
}

ExplainedCount explained(const policy::Counting& counting) {
    const policy::Rule& rule = *counting.rule;
    ExplainedCount count{
        .name = rule.budget != nullptr ? rule.budget->name : rule.limit->name,
        .counts = counts_of(rule),
        .each = {},
        .values = {},
        .line = rule.budget != nullptr ? rule.budget->at.line : rule.limit->at.line};
    if (!rule.scope->each) return count;
    count.each = name_of(*rule.scope->each);
    count.values = counting.values;
    std::erase(count.values, std::string());
    return count;
}

// ", of the user ann", or ", for each user" where none was named.
std::string whose(const ExplainedCount& count) {
    if (count.each.empty()) return {};
    if (!count.values.empty()) {
        return fmt::format(", of the {} {}", count.each, fmt::join(count.values, ", "));
    }
    if (count.each == name_of(config::Subject::user)) {
        return ", for each user (--user names one)";
    }
    return fmt::format(", for each {} (--key names one)", count.each);
}

}  // namespace

std::vector<ExplainedCount> explain_counts(const config::Config& config,
                                           const route::Explanation& explanation,
                                           const Caller& caller) {
    std::vector<std::string> providers;
    for (const auto& target : explanation.targets) providers.push_back(target.provider);
    const route::ExplainedRule& last = explanation.rules.back();
    const policy::Facts facts{.key = caller.key,
                              .team = caller.team,
                              .user = caller.user,
                              .model = last.name,
                              .provider = {},
                              .route = last.model};
    std::vector<ExplainedCount> counts;
    const policy::Rules rules(config);
    std::ranges::transform(rules.counting(facts, providers), std::back_inserter(counts), explained);
    return counts;
}

std::string counts_text(const std::vector<ExplainedCount>& counts) {
    std::string out = "budgets and limits\n";
    if (counts.empty()) out += "   none counts such a call\n";
    for (const ExplainedCount& count : counts) {
        out += fmt::format("   \"{}\": {}{}", count.name, count.counts, whose(count));
        out += count.line == 0 ? "\n" : fmt::format(" (line {})\n", count.line);
    }
    return out;
}

std::string counts_json(const std::vector<ExplainedCount>& counts) {
    json::PrettyWriter writer;
    writer.begin_array();
    for (const ExplainedCount& count : counts) {
        writer.begin_object().field("name", count.name).field("counts", count.counts);
        writer.field_or_null("each", count.each).key("of").begin_array();
        for (const auto& value : count.values) writer.value(value);
        writer.end_array().key("line");
        count.line == 0 ? writer.null() : writer.value(count.line);
        writer.end_object();
    }
    return writer.end_array().text();
}

}  // namespace bw::pages
