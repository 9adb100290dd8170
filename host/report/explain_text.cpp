// An explanation for people.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

#include "config/key_form.hpp"
#include "config/money.hpp"
#include "config/names.hpp"
#include "config/quantity.hpp"
#include "report/explain.hpp"

namespace bw::report {
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

std::string role(const Explanation& explanation, std::size_t at) {
    const auto& target = explanation.targets[at];
    if (explanation.strategy == config::Strategy::ordered) return at == 0 ? "first" : "fallback";
    if (target.weight == 0) return "weight 0, only as a fallback";
    return fmt::format("weight {}, {} of the calls", target.weight, percent(target.share_permille));
}

void append_target(std::string& out, const ExplainedTarget& target) {
    const auto line = [&out](std::string_view name, std::string_view text) {
        fmt::format_to(std::back_inserter(out), "   {:<11} {}\n", name, text);
    };
    if (!target.unavailable.empty()) line("UNAVAILABLE", target.unavailable);
    line("plugin",
         fmt::format("{} {}, ABI {}, {}", target.plugin, target.version, target.abi, target.file));
    line("sha256", target.sha256);
    line("upstream", target.origin.empty() ? "none: it answers by itself" : target.origin);
    for (const auto& credential : target.credentials) {
        line("credential", fmt::format("{} from {}: {}", credential.name, credential.reference,
                                       credential.set ? "set" : "not set"));
    }
    const auto& limits = target.timeouts;
    line("time-outs",
         fmt::format("connect {}, first byte {}, idle {}, total {}, stream total {}",
                     duration(limits.connect), duration(limits.first_byte), duration(limits.idle),
                     duration(limits.total), duration(limits.stream_total)));
    line("price", price(target.price));
    if (target.price != nullptr) {
        for (const auto& detail : price_details(*target.price)) line("", detail);
    }
    line("context",
         fmt::format("{}; output {}", tokens(target.context), tokens(target.max_output)));
    std::vector<std::string_view> operations;
    for (const auto operation : target.operations) operations.push_back(to_string(operation));
    line("serves", fmt::format("{}", fmt::join(operations, ", ")));
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
        out += count.line == 0 ? "\n" : fmt::format(" (line {})\n", count.line);
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

std::string keys_text(std::size_t keys) {
    if (keys == 0) {
        return "client keys\n   none are configured: every caller may use every model\n";
    }
    return fmt::format(
        "client keys\n   a caller needs one of {}; --key NAME says what one may do\n", keys);
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
    for (std::size_t i = 0; i < explanation.targets.size(); ++i) {
        const auto& target = explanation.targets[i];
        fmt::format_to(add, "\n{}. {} as {}: {}\n", i + 1, target.provider, target.model,
                       role(explanation, i));
        append_target(out, target);
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

}  // namespace bw::report
