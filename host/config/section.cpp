#include "config/section.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <tuple>

#include "config/foreign_words.hpp"
#include "config/include.hpp"
#include "config/key_form.hpp"
#include "config/meant.hpp"
#include "config/secret.hpp"

namespace bellwether::config {
namespace {

Position position_in(const toml::source_region& source, toml::source_position at) {
    int file = 0;
    if (source.path) file = whole_number<int>(*source.path).value_or(0);
    return {static_cast<int>(at.line), static_cast<int>(at.column), file};
}

bool before(const Text& a, const Text& b) {
    return std::tie(a.at.file, a.at.line, a.at.column) <
           std::tie(b.at.file, b.at.line, b.at.column);
}

}  // namespace

Position position_of(const toml::source_region& source) {
    return position_in(source, source.begin);
}

Position position_of(const toml::node& node) { return position_of(node.source()); }

std::string_view type_of(const toml::node& node) {
    switch (node.type()) {
        case toml::node_type::none: break;
        case toml::node_type::table: return "a table";
        case toml::node_type::array: return "an array";
        case toml::node_type::string: return "a string";
        case toml::node_type::integer: return "an integer";
        case toml::node_type::floating_point: return "a float";
        case toml::node_type::boolean: return "a boolean";
        case toml::node_type::date: return "a date";
        case toml::node_type::time: return "a time";
        case toml::node_type::date_time: return "a date and time";
    }
    return "nothing";
}

bool is_of_the_top(std::string_view key) {
    constexpr std::string_view k_keys[] = {"plugin_path", "default_to", k_include, k_keys_file};
    return std::ranges::find(k_keys, key) != std::ranges::end(k_keys);
}

Section::Section(const toml::table& table, std::string name, Report& report,
                 const ReadContext& around)
    : table_(&table), name_(std::move(name)), report_(&report), around_(&around) {}

const toml::node* Section::find(std::string_view key) {
    if (std::ranges::find(known_, key) == known_.end()) known_.emplace_back(key);
    return table_->get(key);
}

bool Section::has(std::string_view key) const { return table_->contains(key); }

Position Section::at() const { return position_of(*table_); }

Position Section::key_at(std::string_view key) const {
    const auto found = table_->find(key);
    return found == table_->cend() ? at() : position_of(found->first.source());
}

Position Section::value_at(std::string_view key) const {
    const toml::node* node = table_->get(key);
    return node == nullptr ? at() : position_of(*node);
}

std::string Section::full(std::string_view key) const {
    return name_.empty() ? std::string(key) : fmt::format("{}.{}", name_, key);
}

std::filesystem::path Section::path_of(const Text& given) const {
    std::error_code error;
    const auto& file = report_->file_of(given.at);
    const auto absolute = std::filesystem::absolute(file, error);
    return ((error ? file : absolute).parent_path() / given.value).lexically_normal();
}

void Section::wrong_type(const std::string& name, const toml::node& node, std::string expected) {
    report_->error(position_of(node), fmt::format("{} is {}", name, type_of(node)),
                   std::move(expected));
}

void Section::error(Position at, std::string_view key, std::string_view fault, std::string expected,
                    std::string hint) {
    report_->error(at, fmt::format("{} {}", full(key), fault), std::move(expected),
                   std::move(hint));
}

void Section::missing(std::string_view key, std::string what, std::string expected) {
    report_->absent(at(), {std::string(key)}, std::move(what), std::move(expected));
}

std::optional<Text> Section::text(std::string_view key, std::size_t bytes_max) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto* string = node->as_string();
    if (string == nullptr) {
        wrong_type(full(key), *node, "a string");
        return std::nullopt;
    }
    if (string->get().empty()) {
        report_->error(position_of(*node), fmt::format("{} is empty", full(key)));
        return std::nullopt;
    }
    if (string->get().size() > bytes_max) {
        error(position_of(*node), key, "is too long", fmt::format("at most {} bytes", bytes_max));
        return std::nullopt;
    }
    return Text{string->get(), position_of(*node)};
}

std::optional<bool> Section::flag(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* value = node->as_boolean()) return value->get();
    wrong_type(full(key), *node, "true or false");
    return std::nullopt;
}

std::optional<std::int64_t> Section::integer(std::string_view key, std::int64_t min,
                                             std::int64_t max, std::string_view word) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    const std::string range = word.empty() ? fmt::format("a whole number from {} to {}", min, max)
                                           : fmt::format("\"{}\" or {} to {}", word, min, max);
    const auto* text = node->as_string();
    if (text != nullptr && !word.empty()) {
        if (text->get() == word) return min - 1;
        error(position_of(*node), key, fmt::format("= {} is unknown", in_quotes(text->get())),
              range);
        return std::nullopt;
    }
    const auto* value = node->as_integer();
    if (value == nullptr) {
        wrong_type(full(key), *node, range);
        return std::nullopt;
    }
    if (value->get() >= min && value->get() <= max) return value->get();
    report_->error(position_of(*node),
                   fmt::format("{} = {} is out of range", full(key), value->get()), range);
    return std::nullopt;
}

std::optional<std::uint64_t> Section::quantity(std::string_view key, const Quantity& rule) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto* text = node->as_string();
    if (text != nullptr && !rule.none.empty() && text->get() == rule.none) return 0;
    if (text != nullptr) {
        const auto value = parse_quantity(text->get(), rule.measure.units);
        if (value && *value >= rule.min && *value <= rule.max) return *value;
    }
    wrong_quantity(key, *node, rule);
    return std::nullopt;
}

void Section::wrong_quantity(std::string_view key, const toml::node& node, const Quantity& rule) {
    const auto* text = node.as_string();
    const auto* number = node.as_integer();
    if (text == nullptr && number == nullptr) {
        return wrong_type(full(key), node,
                          fmt::format("a {} such as {}", rule.measure.kind, rule.example));
    }
    const std::string shown = text ? in_quotes(text->get()) : fmt::format("{}", number->get());
    const std::string bare = text ? text->get() : shown;
    const std::string subject = fmt::format("{} = {}", full(key), shown);
    const auto value = parse_quantity(bare, rule.measure.units);
    if (value || value.error() == QuantityFault::too_large) {
        return report_->error(position_of(node), subject + " is out of range", range_of(rule));
    }
    const std::string expected = fmt::format("a {} such as {}", rule.measure.kind, rule.example);
    if (value.error() == QuantityFault::without_unit) {
        return report_->error(position_of(node), subject + " has no unit", expected,
                              fmt::format("did you mean \"{}{}\"?", bare, rule.unit));
    }
    report_->error(position_of(node), fmt::format("{} is not a {}", subject, rule.measure.kind),
                   expected, meant_quantity(bare, rule.measure.units));
}

std::optional<std::size_t> Section::choice(std::string_view key,
                                           std::span<const std::string_view> names, Meant meant) {
    const auto given = text(key);
    return given ? chosen(key, *given, names, meant) : std::nullopt;
}

std::vector<std::size_t> Section::choices(std::string_view key,
                                          std::span<const std::string_view> names, Meant meant) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    const auto* array = node->as_array();
    const std::string expected = fmt::format("one of \"{}\"", fmt::join(names, "\", \""));
    if (array == nullptr && !node->is_string()) {
        wrong_type(full(key), *node, expected + ", or an array of them");
        return {};
    }
    if (array != nullptr && array->empty()) error(position_of(*node), key, "is empty", expected);
    std::vector<std::size_t> result;
    for (const Text& one : text_or_texts(key)) {
        if (const auto index = chosen(key, one, names, meant)) result.push_back(*index);
    }
    if (array != nullptr && result.size() < array->size()) return {};
    return result;
}

std::optional<std::size_t> Section::chosen(std::string_view key, const Text& given,
                                           std::span<const std::string_view> names, Meant meant) {
    const auto found = std::ranges::find(names, given.value);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    std::string hint = meant != nullptr ? meant(given.value) : std::string();
    if (hint.empty()) {
        hint = did_you_mean(given.value, std::vector<std::string>(names.begin(), names.end()));
    }
    report_->error(given.at, fmt::format("{} = {} is unknown", full(key), in_quotes(given.value)),
                   fmt::format("one of \"{}\"", fmt::join(names, "\", \"")), std::move(hint));
    return std::nullopt;
}

std::vector<Text> Section::texts(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) return {};
    const auto* array = node->as_array();
    if (array == nullptr) {
        const auto* string = node->as_string();
        const bool shown =
            string != nullptr && !may_hold_secret(key) && !is_long_secret(string->get());
        error(position_of(*node), key, fmt::format("is {}", type_of(*node)), "an array of strings",
              shown ? fmt::format("did you mean [{}]?", in_quotes(string->get())) : "");
        return {};
    }
    std::vector<Text> result;
    for (const auto& element : *array) {
        const auto* string = element.as_string();
        if (string == nullptr) {
            wrong_type(fmt::format("an element of {}", full(key)), element, "a string");
        } else if (string->get().empty()) {
            report_->error(position_of(element),
                           fmt::format("an element of {} is empty", full(key)));
        } else {
            result.push_back({string->get(), position_of(element)});
        }
    }
    return result;
}

std::vector<Text> Section::text_or_texts(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr || !node->is_string()) return texts(key);
    auto given = text(key);
    return given ? std::vector{std::move(*given)} : std::vector<Text>{};
}

std::optional<Section> Section::table(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* found = node->as_table()) return Section(*found, full(key), *report_, *around_);
    const bool doubled = node->is_array_of_tables();
    report_->error(position_of(*node), fmt::format("{} is {}", full(key), type_of(*node)),
                   "a table",
                   doubled ? "write it with one pair of brackets: [server], [providers.NAME]" : "");
    return std::nullopt;
}

std::optional<std::vector<Section>> Section::tables(std::string_view key) {
    const toml::node* node = find(key);
    if (node == nullptr) return std::nullopt;
    const auto* array = node->as_array();
    if (array == nullptr) {
        wrong_type(full(key), *node, fmt::format("an array of tables, [[{}]]", full(key)));
        return std::nullopt;
    }
    std::vector<Section> result;
    for (const auto& element : *array) {
        if (const auto* found = element.as_table()) {
            result.emplace_back(*found, full(key), *report_, *around_);
        } else {
            wrong_type(fmt::format("an element of {}", full(key)), element, "a table");
        }
    }
    return result;
}

std::vector<Text> Section::rest() const {
    std::vector<Text> result;
    for (const auto& [key, value] : *table_) {
        if (std::ranges::find(known_, key.str()) != known_.end()) continue;
        result.push_back({std::string(key.str()), position_of(key.source())});
    }
    std::ranges::sort(result, before);
    return result;
}

std::vector<std::string> Section::refused() const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : *table_) {
        const Position behind = position_in(value.source(), value.source().end);
        if (report_->has_error(position_of(value), behind)) keys.emplace_back(key.str());
    }
    return keys;
}

void Section::finish() {
    for (const auto& key : rest()) unknown(key);
}

void Section::unknown(const Text& key) {
    std::string what = fmt::format("unknown key {}", in_quotes(key.value));
    if (!name_.empty()) what += " in " + name_;
    if (is_of_the_top(key.value) && !name_.empty()) {
        return report_->error(key.at, what, {}, "write it above the first [section]");
    }
    const std::string advice = advice_on_key(name_, key.value, known_);
    report_->unknown(name_.empty() ? Position{} : at(), key.at, std::move(what),
                     expected_beside(advice, known_), advice);
}

}  // namespace bellwether::config
