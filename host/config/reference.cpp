#include "config/reference.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bellwether/json.hpp>
#include <iterator>

#include "config/sections.hpp"

namespace bw::config {
namespace {

template <typename... Cases>
struct Either : Cases... {
    using Cases::operator()...;
};

std::vector<SectionFacts> all_sections() {
    std::vector<SectionFacts> all{root_section(), key_section()};
    for (auto part : {server_sections(), provider_sections(), route_sections(), price_sections(),
                      rule_sections()}) {
        std::ranges::move(part, std::back_inserter(all));
    }
    all.push_back(limit_section());
    all.push_back(webhook_section());
    all.push_back(ledger_section());
    return all;
}

std::string in_json(std::string_view text) { return json::quote(text); }

std::string names_in_json(std::span<const std::string_view> names) {
    std::vector<std::string> all;
    for (const std::string_view name : names) all.push_back(in_json(name));
    return fmt::format("{}", fmt::join(all, ", "));
}

std::string pattern_of(const Quantity& quantity) {
    std::vector<std::string_view> units;
    for (const QuantityUnit& unit : quantity.measure.units) units.push_back(unit.name);
    const std::string none = quantity.none.empty() ? "" : fmt::format("|{}", quantity.none);
    return fmt::format("^([0-9]+({}){})$", fmt::join(units, "|"), none);
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
std::string schema_of(const Form& form) {
    return std::visit(Either{[](Flag) { return std::string(R"("type": "boolean")"); },
                             [](Whole whole) {
                                 return fmt::format(
                                     R"("type": "integer", "minimum": {}, "maximum": {})",
                                     whole.min, whole.max);
                             },
                             [](const Quantity& quantity) {
                                 return fmt::format(R"("type": "string", "pattern": {})",
                                                    in_json(pattern_of(quantity)));
                             },
                             [](Choice choice) {
                                 return fmt::format(R"("enum": [{}])", names_in_json(choice.names));
                             },
                             [](Tables tables) { return table_schema(tables); },
                             [](Worded worded) { return std::string(worded.schema); }},
                      form);
}

std::string type_of(const Form& form) {
    return std::visit(
        Either{[](Flag) { return std::string("boolean"); },
               [](Whole) { return std::string("integer"); },
               [](const Quantity& quantity) { return std::string(quantity.measure.kind); },
               [](Choice choice) {
                   std::vector<std::string> names;
                   for (const auto name : choice.names)
                       names.push_back(fmt::format("`{}`", in_json(name)));
                   return fmt::format("{}", fmt::join(names, ", "));
               },
               [](Tables tables) {
                   return std::string(tables.number == Tables::Number::many ? "array of tables"
                                                                            : "table");
               },
               [](Worded worded) { return std::string(worded.type); }},
        form);
}

std::string range_of(const Form& form) {
    return std::visit(
        Either{[](Flag) { return std::string(); },
               [](Whole whole) { return fmt::format("{} to {}", whole.min, whole.max); },
               [](const Quantity& quantity) { return range_of(quantity); },
               [](Choice) { return std::string(); }, [](Tables) { return std::string(); },
               [](Worded worded) { return std::string(worded.range); }},
        form);
}

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

std::string property(const Row& row) {
    const std::string usual = default_of(row);
    const std::string meaning = sentence(row.facts.meaning, range_of(row.facts.form));
    return fmt::format(
        "{}: {{{}{}{}}}", in_json(row.facts.name),
        meaning.empty() ? "" : fmt::format("\"description\": {}, ", in_json(meaning)),
        schema_of(row.facts.form), usual.empty() ? "" : fmt::format(", \"default\": {}", usual));
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
    return fmt::format("| `{}` | {} | {} | {} | {}", row.facts.name, type_of(row.facts.form), usual,
                       range_of(row.facts.form), row.facts.meaning);
}

}  // namespace

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

}  // namespace bw::config
