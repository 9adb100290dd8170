#include "config/rule.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "config/letters.hpp"
#include "config/names.hpp"
#include "config/pattern.hpp"
#include "config/shown.hpp"

namespace bw::config {
namespace {

constexpr std::size_t k_plain_name_bytes_max = 64;

std::vector<Text> names_of(Section& match, std::string_view subject) {
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

}  // namespace

bool is_plain_name(std::string_view text) {
    return !text.empty() && text.size() <= k_plain_name_bytes_max && is_made_of(text, "-_");
}

void read_match(Section& rule, const KnownNames& known, Scope& scope) {
    auto match = rule.table("match");
    if (!match) return;
    bool all_known = true;
    for (std::size_t i = 0; i < k_subjects; ++i) {
        const auto subject = static_cast<Subject>(i);
        for (auto& name : names_of(*match, name_of(subject))) {
            all_known &= check_name(*match, subject, name, known);
            scope.match[i].push_back(std::move(name.value));
        }
    }
    if (all_known) check_together(*match, scope, known);
    match->finish();
}

std::string RuleNames::read(Section& rule, std::string_view kind, std::string fallback) {
    auto given = rule.text("name");
    if (!given && rule.has("name")) return {};
    if (!given && fallback.empty()) {
        rule.report().absent(rule.at(), {"name"}, fmt::format("a {} has no name", kind),
                             "name = \"NAME\"");
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

void write_scope(json::PrettyWriter& writer, const Scope& scope) {
    writer.key("match").begin_object();
    for (std::size_t i = 0; i < k_subjects; ++i) {
        if (scope.match[i].empty()) continue;
        writer.key(name_of(static_cast<Subject>(i))).begin_array();
        for (const auto& pattern : scope.match[i]) writer.value(pattern);
        writer.end_array();
    }
    writer.end_object();
}

}  // namespace bw::config
