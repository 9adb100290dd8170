#include "report/config_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "json/value.hpp"

namespace bellwether::report {
namespace {

using json::Value;

// What a part that was added or removed as a whole has in place of a value.
constexpr std::string_view k_whole_part = "{}";

// The settings of one configuration, by name.
struct Settings {
    std::map<std::string, std::string> values;
    std::set<std::string, std::less<>> parts;                // "providers.openai", "routes[qwen-*]"
    std::map<std::string, std::vector<std::string>> orders;  // of the parts of each list
};

// The name of an element within its list: what people call it, else its place.
std::string name_of(const Value& element, std::size_t index) {
    for (const char* key : {"name", "model", "id"}) {
        if (element[key].kind() == json::Kind::string) return element[key].string();
    }
    return fmt::format("{}", index);
}

// JSON without its line ends and indentation.
std::string one_line(std::string_view json) {
    std::string text;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == '\n') {
            while (i + 1 < json.size() && json[i + 1] == ' ') ++i;
            if (text.ends_with(',')) text += ' ';
            continue;
        }
        text += c;
    }
    return text;
}

bool has_objects(const Value& list) { return list.at(0).kind() == json::Kind::object; }

// Goes down to the values that are neither an object nor a list of objects. Where a part stands,
// its "file" and "line", is no setting.
void flatten(const Value& value, const std::string& name, Settings& settings) {
    if (value.kind() == json::Kind::object) {
        const bool has_place = value["line"].kind() == json::Kind::number;
        for (const auto& member : value.members()) {
            if (has_place && (member.key() == "line" || member.key() == "file")) continue;
            flatten(member.value(), name.empty() ? member.key() : name + "." + member.key(),
                    settings);
        }
    } else if (value.kind() == json::Kind::array && has_objects(value)) {
        std::set<std::string> known;
        std::size_t index = 0;
        for (const Value& element : value.elements()) {
            std::string part = fmt::format("{}[{}]", name, name_of(element, index));
            if (!known.insert(part).second) part += fmt::format("#{}", index);
            ++index;
            settings.parts.insert(part);
            settings.orders[name].push_back(part);
            flatten(element, part, settings);
        }
    } else if (value.raw() != "[]") {  // an empty list is none
        settings.values.emplace(name, one_line(value.raw()));
    }
}

// Providers and webhooks are objects by name, each of them a part.
Settings settings_of(std::string_view text) {
    const Value config(text);
    Settings settings;
    flatten(config, {}, settings);
    for (const char* section : {"providers", "webhooks"}) {
        for (const auto& member : config[section].members()) {
            settings.parts.insert(fmt::format("{}.{}", section, member.key()));
        }
    }
    return settings;
}

// The part to which a setting belongs that the other side does not have at all; empty: there is
// none. Each beginning of the name is looked up, as there may be many thousands of parts.
std::string missing_part(std::string_view name, const Settings& own, const Settings& other) {
    for (std::size_t end = 0; end < name.size(); ++end) {
        end = std::min(name.find('.', end), name.size());
        const std::string_view part = name.substr(0, end);
        if (own.parts.contains(part) && !other.parts.contains(part)) return std::string(part);
    }
    return {};
}

class Comparison {
  public:
    Comparison(const Settings& before, const Settings& now) : before_(before), now_(now) {}

    std::vector<ConfigChange> changes() {
        for (const auto& [name, value] : before_.values) {
            const auto found = now_.values.find(name);
            if (found != now_.values.end() && found->second == value) continue;
            if (found != now_.values.end()) {
                changes_.push_back({name, value, found->second});
            } else if (const std::string part = missing_part(name, before_, now_); part.empty()) {
                changes_.push_back({name, value, {}});
            } else if (told_.insert(part).second) {
                changes_.push_back({part, std::string(k_whole_part), {}});
            }
        }
        for (const auto& [name, value] : now_.values) {
            if (before_.values.contains(name)) continue;
            const std::string part = missing_part(name, now_, before_);
            if (part.empty()) {
                changes_.push_back({name, {}, value});
            } else if (told_.insert(part).second) {
                changes_.push_back({part, {}, std::string(k_whole_part)});
            }
        }
        for (const auto& [list, order] : now_.orders) {
            const auto then = before_.orders.find(list);
            if (then == before_.orders.end()) continue;
            if (common(order, before_.parts) != common(then->second, now_.parts)) {
                changes_.push_back({list + ": the order", {}, {}});
            }
        }
        return std::move(changes_);
    }

  private:
    static std::vector<std::string> common(const std::vector<std::string>& order,
                                           const std::set<std::string, std::less<>>& other) {
        std::vector<std::string> both;
        for (const std::string& part : order) {
            if (other.contains(part)) both.push_back(part);
        }
        return both;
    }

    const Settings& before_;
    const Settings& now_;
    std::set<std::string> told_;
    std::vector<ConfigChange> changes_;
};

}  // namespace

std::vector<ConfigChange> config_changes(std::string_view before, std::string_view now) {
    const Settings then = settings_of(before);
    const Settings settings = settings_of(now);
    return Comparison(then, settings).changes();
}

std::string to_string(const ConfigChange& change) {
    if (change.before.empty() && change.now.empty()) return change.name + ": changed";
    if (change.before.empty()) {
        return change.now == k_whole_part ? change.name + ": added"
                                          : fmt::format("{}: {}", change.name, change.now);
    }
    if (change.now.empty()) return change.name + ": removed";
    return fmt::format("{}: {} -> {}", change.name, change.before, change.now);
}

}  // namespace bellwether::report
