#include "config/rule.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/pattern.hpp"

namespace bw::config {
namespace {

constexpr std::size_t k_plain_name_bytes_max = 64;

// In the order of the enumerators.
const std::string k_names[k_subjects] = {"key", "team", "user", "model", "provider", "route"};

const std::vector<std::string>* known_names(const KnownNames& known, Subject subject) {
    switch (subject) {
        case Subject::provider: return &known.providers;
        case Subject::route: return &known.routes;
        case Subject::key: return known.keys ? &*known.keys : nullptr;
        case Subject::team:
        case Subject::user:
        case Subject::model: break;
    }
    return nullptr;  // anything may come
}

std::vector<Text> names_of(Section& match, const std::string& subject) {
    const toml::node* node = match.find(subject);
    if (node == nullptr) return {};
    if (const auto* array = node->as_array(); array != nullptr && array->empty()) {
        match.report().error(position_of(*node), fmt::format("{} is empty", match.full(subject)),
                             "at least one name or pattern");
    }
    auto names = match.text_or_texts(subject);
    std::erase_if(names, [&](const Text& name) {
        if (name.value.size() <= k_model_bytes_max) return false;
        match.report().error(name.at, fmt::format("{} is too long", match.full(subject)),
                             fmt::format("at most {} bytes", k_model_bytes_max));
        return true;
    });
    return names;
}

void check(const Section& section, const std::string& subject, const Text& name,
           const std::vector<std::string>& known) {
    if (known.empty() && subject != "key") return;  // said already, once
    const auto fits = [&](const std::string& other) { return glob_match(name.value, other); };
    if (std::ranges::any_of(known, fits)) return;
    const std::string what = fmt::format("{} = {} names no {} of this file", section.full(subject),
                                         in_quotes(name.value), subject);
    if (is_glob(name.value) && known.empty()) return;  // a rule for keys that are yet to come
    if (is_glob(name.value)) return section.report().warning(name.at, what);
    section.report().error(
        name.at, what,
        known.empty() ? std::string() : fmt::format("one of {}", fmt::join(known, ", ")),
        did_you_mean(name.value, known));
}

}  // namespace

bool is_plain_name(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= k_plain_name_bytes_max &&
           std::ranges::all_of(text, fits);
}

std::string_view name_of(Subject subject) { return k_names[static_cast<std::size_t>(subject)]; }

void read_scope(Section& rule, const KnownNames& known, Scope& scope) {
    if (const auto each = rule.choice("each", k_names)) scope.each = static_cast<Subject>(*each);
    auto match = rule.table("match");
    if (!match) return;
    for (std::size_t i = 0; i < k_subjects; ++i) {
        const std::string& subject = k_names[i];
        const auto* all = known_names(known, static_cast<Subject>(i));
        for (auto& name : names_of(*match, subject)) {
            if (all != nullptr) check(*match, subject, name, *all);
            scope.match[i].push_back(std::move(name.value));
        }
    }
    match->finish();
}

std::string RuleNames::read(Section& rule, std::string_view kind, std::string fallback) {
    auto given = rule.text("name");
    if (!given && rule.has("name")) return {};
    if (!given && fallback.empty()) {
        rule.report().error(rule.at(), fmt::format("a {} has no name", kind), "name = \"NAME\"");
        return {};
    }
    Text name = given ? std::move(*given) : Text{std::move(fallback), rule.at()};
    if (!is_plain_name(name.value)) {
        rule.report().error(name.at,
                            fmt::format("a {} cannot be named {}", kind, in_quotes(name.value)),
                            std::string(k_plain_name_expected));
        return {};
    }
    const auto [first, added] = lines_.emplace(name.value, rule.at().line);
    if (!added) {
        rule.report().error(name.at,
                            fmt::format("a second rule named {}; the first is on line {}",
                                        in_quotes(name.value), first->second),
                            "one name for each of the budgets and limits");
    }
    return std::move(name.value);
}

}  // namespace bw::config
