// A plugin's own values as JSON.

#include <fmt/format.h>
#include <toml++/toml.h>

#include <cmath>
#include <sstream>

#include "base/ascii.hpp"
#include "config/key_form.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"
#include "json/value.hpp"

namespace bellwether::config {
namespace {

// More levels than any setting needs, and few enough for a reader of the JSON that recurses.
constexpr int k_depth_max = 64;

template <typename Date>
std::string json_date(const toml::value<Date>& date) {
    std::ostringstream text;
    text << date.get();
    return json::quote(text.str());
}

// Whether a value looks like a key, or like a header with a key in it.
bool holds_key(const std::string& value) {
    const std::string begin = lower(value.substr(0, 8));
    return begin.starts_with("bearer ") || begin.starts_with("basic ") ||
           with_keys_masked(value) != value;
}

class JsonWriter {
  public:
    explicit JsonWriter(Report& report) : report_(report) {}

    std::string write(const toml::node& node, const std::string& name) {
        switch (node.type()) {
            case toml::node_type::table:
            case toml::node_type::array: return nested(node, name);
            case toml::node_type::string: return json::quote(node.as_string()->get());
            case toml::node_type::integer: return fmt::format("{}", node.as_integer()->get());
            case toml::node_type::floating_point: return number(*node.as_floating_point(), name);
            case toml::node_type::boolean: return node.as_boolean()->get() ? "true" : "false";
            case toml::node_type::date: return json_date(*node.as_date());
            case toml::node_type::time: return json_date(*node.as_time());
            case toml::node_type::date_time: return json_date(*node.as_date_time());
            case toml::node_type::none: break;
        }
        return "null";
    }

  private:
    std::string nested(const toml::node& node, const std::string& name) {
        if (depth_ == k_depth_max) {
            report_.error(position_of(node), fmt::format("{} is nested too deeply", name),
                          fmt::format("at most {} levels", k_depth_max));
            return "null";
        }
        ++depth_;
        const auto* table = node.as_table();
        std::string json = table ? object(*table, name) : array(*node.as_array(), name);
        --depth_;
        return json;
    }

    std::string object(const toml::table& table, const std::string& name) {
        std::string result = "{";
        for (const auto& [key, value] : table) {
            if (result.size() > 1) result += ',';
            warn_of_credential(key, value, name);
            result += json::quote(key.str()) + ':' + write(value, name);
        }
        return result + '}';
    }

    std::string array(const toml::array& array, const std::string& name) {
        std::string result = "[";
        for (const auto& element : array) {
            if (result.size() > 1) result += ',';
            result += write(element, name);
        }
        return result + ']';
    }

    std::string number(const toml::value<double>& value, const std::string& name) {
        if (std::isfinite(value.get())) return fmt::format("{}", value.get());
        report_.error(position_of(value), fmt::format("{} holds a number that is not finite", name),
                      "a number that JSON can hold");
        return "null";
    }

    void warn_of_credential(const toml::key& key, const toml::node& value,
                            const std::string& name) {
        const auto* text = value.as_string();
        if (text == nullptr || (!names_secret(key.str()) && !holds_key(text->get()))) return;
        report_.warning(
            position_of(value),
            fmt::format("{} within {} looks like a credential and is passed on as it stands",
                        in_quotes(key.str()), name),
            {}, "credentials are direct keys of a provider and refer to env: or file:");
    }

    Report& report_;
    int depth_ = 0;
};

}  // namespace

std::string to_json(const toml::node& node, const std::string& name, Report& report) {
    return JsonWriter(report).write(node, name);
}

}  // namespace bellwether::config
