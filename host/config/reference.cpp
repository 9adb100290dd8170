#include "config/reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "config/money.hpp"
#include "config/sections.hpp"
#include "json/value.hpp"

namespace bellwether::config {
namespace {

std::string in_json(std::string_view text) { return json::quote(text); }

// As a pattern has them: "ms|s|m|h".
std::string names_of(std::span<const QuantityUnit> units) {
    std::vector<std::string_view> names;
    for (const QuantityUnit& unit : units) names.push_back(unit.name);
    return fmt::format("{}", fmt::join(names, "|"));
}

std::string pattern_of(const Quantity& quantity) {
    const std::string none = quantity.none.empty() ? "" : fmt::format("|{}", quantity.none);
    return fmt::format("^([0-9]+({}){})$", names_of(quantity.measure.units), none);
}

std::string table_schema(const Tables& tables) {
    const std::string one = fmt::format(R"("$ref": "#/definitions/{}")", tables.section);
    switch (tables.number) {
        case Tables::Number::one: return one;
        case Tables::Number::named:
            return fmt::format(R"("type": "object", "additionalProperties": {{{}}})", one);
        case Tables::Number::many: break;
    }
    return fmt::format(R"("type": "array", "items": {{{}}})", one);
}

// The members of the schema of one value.
struct SchemaOf {
    std::string operator()(Flag) const { return R"("type": "boolean")"; }
    std::string operator()(Whole whole) const {
        const std::string number =
            fmt::format(R"("type": "integer", "minimum": {}, "maximum": {})", whole.min, whole.max);
        if (whole.word.empty()) return number;
        return fmt::format(R"("anyOf": [{{"const": {}}}, {{{}}}])", in_json(whole.word), number);
    }
    std::string operator()(const Quantity& quantity) const {
        return fmt::format(R"("type": "string", "pattern": {})", in_json(pattern_of(quantity)));
    }
    std::string operator()(Amount) const { return R"("type": "string")"; }
    std::string operator()(Choice choice) const {
        return fmt::format(R"("enum": ["{}"])", fmt::join(choice.names, R"(", ")"));
    }
    std::string operator()(const Timed& form) const {
        return fmt::format(R"("type": "string", "pattern": "^({}|{}:[0-9]+({}))$")",
                           fmt::join(form.words, "|"), form.timed, names_of(k_duration_units));
    }
    std::string operator()(Tables tables) const { return table_schema(tables); }
    std::string operator()(const Worded& worded) const { return std::string(worded.schema); }
};

// What the reference says of the type of a value.
struct TypeOf {
    std::string operator()(Flag) const { return "boolean"; }
    std::string operator()(Whole whole) const {
        return whole.word.empty() ? "integer" : fmt::format("`\"{}\"` or integer", whole.word);
    }
    std::string operator()(const Quantity& quantity) const {
        return std::string(quantity.measure.kind);
    }
    std::string operator()(Amount) const { return "amount"; }
    std::string operator()(Choice choice) const {
        return fmt::format("`\"{}\"`", fmt::join(choice.names, "\"`, `\""));
    }
    std::string operator()(const Timed& form) const {
        return fmt::format("{}, `\"{}:10s\"`", (*this)(Choice{form.words}), form.timed);
    }
    std::string operator()(Tables tables) const {
        return tables.number == Tables::Number::many ? "array of tables" : "table";
    }
    std::string operator()(const Worded& worded) const { return std::string(worded.type); }
};

std::string text_of(Most most) {
    if (most.bytes == 0) return most.number == 0 ? "" : fmt::format("{}", most.number);
    const std::string bytes = fmt::format("{} bytes", most.bytes);
    return most.number == 0 ? bytes : fmt::format("{} names of {}", most.number, bytes);
}

struct RangeOf {
    std::string operator()(Whole whole) const {
        return fmt::format("{} to {}", whole.min, whole.max);
    }
    std::string operator()(const Quantity& quantity) const { return range_of(quantity); }
    std::string operator()(Amount) const {
        return fmt::format("0 to {} USD", k_amount_max / k_micro_per_usd);
    }
    std::string operator()(const Timed& form) const { return "1ms to " + duration_text(form.max); }
    std::string operator()(const Worded& worded) const { return text_of(worded.most); }
    std::string operator()(const auto&) const { return {}; }  // its type or its names say it
};

// The default as JSON; empty: there is no default that a file could hold.
std::string default_of(const Row& row) {
    if (std::holds_alternative<std::monostate>(row.usual)) return {};
    json::PrettyWriter writer;
    writer.begin_object();
    detail::write_value(writer, row.facts, row.usual);
    writer.end_object();
    const std::string_view text = writer.view();  // {\n    "key": VALUE\n}
    const auto begin = text.find(": ") + 2;
    return std::string(text.substr(begin, text.rfind('\n') - begin));
}

std::string sentence(std::string_view meaning, const std::string& range) {
    std::string text(meaning);
    if (text.empty()) return text;
    if (text.front() >= 'a' && text.front() <= 'z')
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    return range.empty() ? text + '.' : fmt::format("{} ({}).", text, range);
}

// What a key means, and whether it takes a restart to change it.
std::string meaning_of(const KeyFacts& key) {
    std::string text(key.meaning);
    if (key.needs_restart) text += "; a change needs a restart";
    return text;
}

std::string property(const Row& row) {
    const std::string usual = default_of(row);
    const std::string meaning =
        sentence(meaning_of(row.facts), std::visit(RangeOf(), row.facts.form));
    return fmt::format(
        "{}: {{{}{}{}}}", in_json(row.facts.name),
        meaning.empty() ? "" : fmt::format("\"description\": {}, ", in_json(meaning)),
        std::visit(SchemaOf(), row.facts.form),
        usual.empty() ? "" : fmt::format(", \"default\": {}", usual));
}

// The members of a section's schema, each line after `indent`.
std::string object(const SectionFacts& section, std::string_view indent) {
    std::vector<std::string> properties, required;
    for (const Row& row : section.rows) {
        properties.push_back(fmt::format("{}  {}", indent, property(row)));
        if (row.facts.usual == k_required) required.push_back(in_json(row.facts.name));
    }
    return fmt::format(
        "{0}\"description\": {1},\n{0}\"type\": \"object\",\n{0}\"additionalProperties\": {2},\n{3}"
        "{0}\"properties\": {{\n{4}\n{0}}}",
        indent, in_json(sentence(section.meaning, {})), section.is_open,
        required.empty()
            ? ""
            : fmt::format("{}\"required\": [{}],\n", indent, fmt::join(required, ", ")),
        fmt::join(properties, ",\n"));
}

std::string row_text(const Row& row) {
    const std::string fixed = default_of(row);
    const std::string usual =
        fixed.empty() ? std::string(row.facts.usual) : fmt::format("`{}`", fixed);
    return fmt::format("| `{}` | {} | {} | {} | {}", row.facts.name,
                       std::visit(TypeOf(), row.facts.form), usual,
                       std::visit(RangeOf(), row.facts.form), meaning_of(row.facts));
}

}  // namespace

std::vector<SectionFacts> all_sections() {
    std::vector<SectionFacts> all{root_section(), key_section()};
    for (auto part : {server_sections(), retry_sections(), provider_sections(), route_sections(),
                      price_sections(), rule_sections()}) {
        std::ranges::move(part, std::back_inserter(all));
    }
    all.push_back(health_section());
    all.push_back(limit_section());
    all.push_back(webhook_section());
    all.push_back(ledger_section());
    return all;
}

bool needs_restart(std::string_view setting) {
    const std::string_view section = setting.substr(0, setting.find('.'));
    const std::string_view key = setting.substr(std::min(section.size() + 1, setting.size()));
    for (const SectionFacts& one : all_sections()) {
        if (one.name != section) continue;
        const auto row =
            std::ranges::find(one.rows, key, [](const Row& known) { return known.facts.name; });
        return row != one.rows.end() && row->facts.needs_restart;
    }
    return false;
}

std::string schema() {
    const auto sections = all_sections();
    std::vector<std::string> definitions;
    for (std::size_t i = 1; i < sections.size(); ++i) {
        definitions.push_back(fmt::format("    {}: {{\n{}\n    }}", in_json(sections[i].name),
                                          object(sections[i], "      ")));
    }
    return fmt::format(
        "{{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
        "  \"title\": \"bellwether.toml\",\n{},\n  \"definitions\": {{\n{}\n  }}\n}}\n",
        object(sections.front(), "  "), fmt::join(definitions, ",\n"));
}

std::vector<ReferenceSection> reference() {
    std::vector<ReferenceSection> all;
    for (const SectionFacts& section : all_sections()) {
        ReferenceSection& one = all.emplace_back(section.heading);
        for (const Row& row : section.rows) {
            if (!row.elsewhere) one.rows.push_back(row_text(row));
        }
    }
    return all;
}

}  // namespace bellwether::config
