// An explanation for people.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <iterator>

#include "config/choosing.hpp"
#include "config/key_form.hpp"
#include "config/money.hpp"
#include "config/names.hpp"
#include "config/quantity.hpp"
#include "report/explain.hpp"

namespace bellwether::report {
namespace {

std::string duration(config::milliseconds limit) {
    return limit.count() == 0 ? "none"
                              : config::quantity_text(static_cast<std::uint64_t>(limit.count()),
                                                      config::k_duration_units);
}

// "90 %", "33.3 %".
std::string percent(unsigned permille) {
    return permille % 10 == 0 ? fmt::format("{} %", permille / 10)
                              : fmt::format("{}.{} %", permille / 10, permille % 10);
}

std::string price(const config::Price* price) {
    if (price == nullptr) return "unpriced";
    return fmt::format("{} in, {} cached, {} out, for a million tokens ({}:{})",
                       config::format_amount(price->input),
                       config::format_amount(price->cached_input),
                       config::format_amount(price->output), price->file, price->at.line);
}

std::string in_and_out(const config::CallPrices& prices) {
    return fmt::format("{} in, {} out", config::format_amount(prices.input),
                       config::format_amount(prices.output));
}

// What only some prices have, one line for each: prices of parts, steps, tiers and units.
std::vector<std::string> price_details(const config::Price& price) {
    std::vector<std::string> lines;
    for (const auto& [name, part] : config::k_part_prices) {
        if (const auto own = price.parts.*part) {
            lines.push_back(fmt::format("{} {}", name, config::format_amount(*own)));
        }
    }
    for (const auto& step : price.above) {
        lines.push_back(fmt::format("above {} tokens of prompt: {}", step.prompt_tokens,
                                    in_and_out(step.prices)));
    }
    for (const auto& tier : price.tiers) {
        lines.push_back(fmt::format("tier {}: {}", tier.name, in_and_out(tier.prices)));
    }
    for (const auto& unit : price.units) {
        lines.push_back(fmt::format("each {} {}", unit.name, config::format_amount(unit.each)));
    }
    return lines;
}

std::string tokens(std::int64_t count) {
    return count == 0 ? "not known" : fmt::format("{} tokens", count);
}

// How the target's turn comes, within its tier.
std::string turn(const ExplainedTarget& explained) {
    using config::Strategy;
    const auto weight = explained.target->weight;
    switch (explained.strategy) {
        case Strategy::least_latency: return "by the time to its first content";
        case Strategy::cheapest: return "by what the call would cost";
        case Strategy::ordered: break;
        case Strategy::least_busy:
            if (weight == 0) break;
            return fmt::format("by its calls in flight, weight {}", weight);
        case Strategy::weighted:
        case Strategy::sticky:
            if (weight == 0) break;
            return fmt::format("weight {}, {} of the {}", weight,
                               percent(*explained.share_permille),
                               explained.strategy == Strategy::sticky ? "callers" : "calls");
    }
    if (explained.strategy != Strategy::ordered) return "weight 0, only as a fallback";
    return explained.share_permille == 1000 ? "first" : "fallback";
}

std::string role(const ExplainedTarget& explained, bool several_tiers) {
    return several_tiers ? fmt::format("tier {}, {}", explained.target->tier, turn(explained))
                         : turn(explained);
}

std::string retry_text(const config::Retry& retry) {
    if (retry.attempts == 1) return "none: a call is tried once";
    return fmt::format("up to {} attempts; waits up to {}, doubled up to {}; within {}",
                       retry.attempts, duration(retry.first), duration(retry.longest),
                       duration(retry.within));
}

class Lines {
  public:
    explicit Lines(std::string& out) : out_(out) {}

    void add(std::string_view name, std::string_view text) {
        fmt::format_to(std::back_inserter(out_), "   {:<11} {}\n", name, text);
    }

  private:
    std::string& out_;
};

// What the target makes of a request.
void append_changes(Lines& lines, const config::Target& target) {
    if (!target.strip_prefix.empty()) {
        lines.add("strips", fmt::format("\"{}\" off the model's name", target.strip_prefix));
    }
    for (const auto& member : target.set) {
        lines.add("sets",
                  fmt::format("{} = {}, where the client has none", member.key, member.json));
    }
    if (!target.drop.empty()) lines.add("drops", fmt::format("{}", fmt::join(target.drop, ", ")));
}

void append_target(std::string& out, const ExplainedTarget& target) {
    Lines lines(out);
    if (!target.unavailable.empty()) lines.add("UNAVAILABLE", target.unavailable);
    lines.add("plugin", fmt::format("{} {}, ABI {}, {}", target.plugin, target.version, target.abi,
                                    target.file));
    lines.add("sha256", target.sha256);
    lines.add("upstream", target.origin.empty() ? "none: it answers by itself" : target.origin);
    for (const auto& credential : target.credentials) {
        lines.add("credential", fmt::format("{} from {}: {}", credential.name, credential.reference,
                                            credential.set ? "set" : "not set"));
    }
    append_changes(lines, *target.target);
    const auto& limits = target.target->timeouts;
    lines.add(
        "time-outs",
        fmt::format("connect {}, first byte {}, idle {}, total {}, stream total {}",
                    duration(limits.connect), duration(limits.first_byte), duration(limits.idle),
                    duration(limits.total), duration(limits.stream_total)));
    lines.add("retries", retry_text(target.target->retry));
    lines.add("price", price(target.price));
    if (target.price != nullptr) {
        for (const auto& detail : price_details(*target.price)) lines.add("", detail);
    }
    lines.add("context",
              fmt::format("{}; output {}", tokens(target.context), tokens(target.max_output)));
    std::vector<std::string_view> operations;
    for (const auto operation : target.operations) operations.push_back(to_string(operation));
    lines.add("serves", fmt::format("{}", fmt::join(operations, ", ")));
}

void append_targets(std::string& out, const std::vector<ExplainedTarget>& targets) {
    const auto tier = [](const ExplainedTarget& explained) { return explained.target->tier; };
    const bool several_tiers =
        std::ranges::adjacent_find(targets, std::not_equal_to(), tier) != targets.end();
    for (std::size_t i = 0; i < targets.size(); ++i) {
        fmt::format_to(std::back_inserter(out), "\n{}. {} as {}: {}\n", i + 1, targets[i].provider,
                       targets[i].model, role(targets[i], several_tiers));
        append_target(out, targets[i]);
    }
}

// How the route chooses, and what else it does with a call.
void append_route(std::string& out, const Explanation& explanation) {
    const config::Route& route = *explanation.route;
    Lines lines(out);
    std::vector<std::string_view> names;
    for (const auto strategy : route.strategies) names.push_back(name_of(strategy));
    lines.add("strategy", fmt::format("{}", fmt::join(names, ", then ")));
    if (std::ranges::count(route.strategies, config::Strategy::sticky) != 0) {
        lines.add("sticky by", text_of(route.sticky_by));
    }
    if (route.hedge) {
        lines.add("hedge", fmt::format("a second target after {}", text_of(*route.hedge)));
    }
    if (explanation.shadow) {
        lines.add("shadow",
                  fmt::format("copies of {} % of the calls go to {} as {}", route.shadow->percent,
                              explanation.shadow->provider, explanation.shadow->model));
    }
    if (route.continue_stream) lines.add("streams", "that break off go on at the next target");
}

// ", of the user ann", or ", for each user" if the question names none.
std::string whose(const ExplainedCount& count) {
    if (count.each.empty()) return {};
    if (!count.values.empty()) {
        return fmt::format(", of the {} {}", count.each, fmt::join(count.values, ", "));
    }
    if (count.each == config::name_of(config::Subject::user)) {
        return ", for each user (--user names one)";
    }
    return fmt::format(", for each {} (--key names one)", count.each);
}

std::string counts_text(const std::vector<ExplainedCount>& counts) {
    std::string out = "budgets and limits\n";
    if (counts.empty()) out += "   none counts such a call\n";
    for (const ExplainedCount& count : counts) {
        out += fmt::format("   \"{}\": {}{}", count.name, count.counts, whose(count));
        const std::string file = count.at.file == 0 ? "line " : count.file + ":";
        out += count.at.line == 0 ? "\n" : fmt::format(" ({}{})\n", file, count.at.line);
    }
    return out;
}

std::string key_text(const ExplainedKey& explained, std::string_view model) {
    const auto& [named, refusal] = explained;
    const config::Key& key = *named;
    std::string text = fmt::format("client key\n   {} (bw-{}...)", key.name, key.id);
    if (!key.team.empty()) text += fmt::format(", team {}", key.team);
    text += refusal.empty() ? fmt::format(": may use {}\n", model)
                            : fmt::format(": MAY NOT use {}: {}\n", model, refusal);
    text += fmt::format(
        "   models      {}\n",
        key.models.empty() ? std::string("all") : fmt::format("{}", fmt::join(key.models, ", ")));
    text += fmt::format("   expires     {}\n",
                        key.expires ? config::format_expiry(*key.expires) : "never");
    return text;
}

std::string keys_text(std::optional<std::size_t> keys) {
    if (!keys) return "client keys\n   none are configured: every caller may use every model\n";
    if (*keys == 0) return "client keys\n   there is none yet, so every caller is refused\n";
    return fmt::format(
        "client keys\n   a caller needs one of {}; --key NAME says what one may do\n", *keys);
}

}  // namespace

std::string to_text(const Explanation& explanation) {
    std::string out;
    const auto add = std::back_inserter(out);
    for (const auto& rule : explanation.rules) {
        fmt::format_to(add, "{}: rule \"{}\" ({})", rule.name, rule.model, rule.place);
        if (!rule.alias.empty()) fmt::format_to(add, ", an alias of {}", rule.alias);
        out += '\n';
    }
    append_route(out, explanation);
    append_targets(out, explanation.targets);
    for (const auto& chain : k_chains) {
        const auto& targets = explanation.*chain.targets;
        if (targets.empty()) continue;
        fmt::format_to(add, "\n{}: {}\n", chain.name, chain.when);
        append_targets(out, targets);
    }
    out += "\nother rules\n";
    for (const auto& rival : explanation.rivals) {
        fmt::format_to(add, "   \"{}\" ({}) matches too: {}\n", rival.model, rival.place,
                       rival.why);
    }
    fmt::format_to(add, "   {} that {} not match\n", explanation.without_match,
                   explanation.without_match == 1 ? "does" : "do");
    out += "\n" + counts_text(explanation.counted_by) + "\n";
    return out + (explanation.key ? key_text(*explanation.key, explanation.model)
                                  : keys_text(explanation.keys));
}

}  // namespace bellwether::report
