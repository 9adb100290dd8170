#include "plugin/manifest_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "base/nearest.hpp"
#include "base/operation.hpp"
#include "config/config.hpp"
#include "plugin/capabilities.hpp"
#include "plugin/header_names.hpp"
#include "plugin/manifest_addresses.hpp"
#include "plugin/manifest_credentials.hpp"
#include "plugin/member_checks.hpp"
#include "plugin/option_type.hpp"

namespace bellwether::plugin {
namespace {

using json::Value;

constexpr std::size_t k_counters_max = 32;

class Check : private MemberChecks {
  public:
    explicit Check(ManifestFindings& findings) : MemberChecks(findings) {}

    void root(const Value& value) {
        members(value, "",
                {"summary", "needs", "operations", "base_url", "base_url_env", "origins",
                 "credentials", "options", "request_headers", "response_headers", "counters",
                 "concurrency", "models", "models_elsewhere", "continues_with"});
        line(value["summary"], "summary");
        operations(value["operations"]);
        variable(value["base_url_env"], "base_url_env");
        check_addresses(value, *this);
        check_credentials(value, *this);
        options(value["options"]);
        needs(value["needs"]);
        headers(value["request_headers"], "request_headers", may_be_seen,
                "a header of clients that is no credential, in lower case");
        headers(value["response_headers"], "response_headers", may_be_answered,
                "a header that is neither the message's nor the host's, in lower case");
        counters(value["counters"]);
        concurrency(value["concurrency"]);
        models(value["models"]);
        flag(value["models_elsewhere"], "models_elsewhere");
        continues_with(value["continues_with"]);
    }

  private:
    void continues_with(const Value& value) {
        if (!text(value, "continues_with")) return;
        const std::string member = value.string();
        const bool taken = member == "role" || member == "content" || member == "name";
        if (taken || member.size() > k_name_bytes_max || !is_variable(member)) {
            wrong("continues_with", value, "the name of a member that a message has not yet");
        }
    }

    void operations(const Value& array) {
        if (!is(array, Kind::array, "operations")) return;
        static const std::vector<std::string> known = [] {
            std::vector<std::string> names{"models"};
            for (const OperationFacts& one : k_operations) names.emplace_back(one.name);
            return names;
        }();
        std::set<std::string> seen;
        std::size_t index = 0;
        for (const auto& element : array.elements()) {
            const std::string at = fmt::format("operations[{}]", index++);
            const std::string operation = element.string();
            if (element.kind() != Kind::string) {
                mistake(fmt::format("\"{}\" is {}, not a string", at, name_of(element.kind())));
            } else if (!seen.insert(operation).second) {
                mistake(fmt::format("\"{}\" is {}, as one before it is", at, shown(element)));
            } else if (std::ranges::find(known, operation) == known.end()) {
                unknown("operations: ", operation, known);
            }
        }
        if (seen.empty()) mistake("\"operations\" is empty: it would serve nothing");
    }

    void options(const Value& object) {
        if (!is(object, Kind::object, "options")) return;
        std::set<std::string> keys;
        for (const auto& member : object.members()) {
            const std::string at = "options." + member.key();
            const auto& own = config::provider_keys();
            if (std::ranges::find(own, member.key()) != own.end()) {
                mistake(fmt::format("\"{}\" is a key of the host's own", at));
            }
            if (member.key().empty()) mistake("\"options\" has one without a name");
            if (!keys.insert(member.key()).second)
                mistake(fmt::format("\"{}\" is given twice", at));
            if (!given(member.value())) mistake(fmt::format("\"{}\" is null, not an object", at));
            if (is(member.value(), Kind::object, at)) option(member.value(), at + ".");
        }
    }

    void option(const Value& spec, const std::string& at) {
        members(spec, at, {"type", "default", "values", "help"});
        line(spec["help"], at + "help");
        std::string type = "string";
        if (text(spec["type"], at + "type")) type = spec["type"].string();
        if (std::ranges::find(option_types(), type) == option_types().end()) {
            const auto near = nearest(type, option_types());
            return mistake(fmt::format("\"{}type\" is \"{}\", not one of {}{}", at, type,
                                       fmt::join(option_types(), ", "),
                                       near ? fmt::format("; did you mean \"{}\"?", *near) : ""));
        }
        values(spec, at, type);
        const Value preset = spec["default"];
        if (!given(preset)) return;
        if (!has_type(preset, type) && !(type == "duration" && preset.integer())) {
            return wrong(at + "default", preset, "of type " + type);
        }
        if (type == "duration" && preset.kind() == Kind::string &&
            !milliseconds_of(preset.string())) {
            wrong(at + "default", preset, "a duration such as \"250ms\", \"30s\" or \"10m\"");
        }
    }

    void values(const Value& spec, const std::string& at, std::string_view type) {
        const Value array = spec["values"];
        if (!is(array, Kind::array, at + "values")) return;
        if (type != "string") {
            return mistake(
                fmt::format("\"{}values\" is for strings, and this is of type {}", at, type));
        }
        std::set<std::string> allowed;
        std::size_t index = 0;
        for (const auto& element : array.elements()) {
            name(element, fmt::format("{}values[{}]", at, index++), allowed);
        }
        const Value preset = spec["default"];
        if (preset.kind() == Kind::string && !allowed.empty() &&
            !allowed.contains(preset.string())) {
            wrong(at + "default", preset, fmt::format("one of {}", fmt::join(allowed, ", ")));
        }
    }

    // Calls `each` with the texts of an array, each of which must be there once.
    using EachText = std::function<void(const Value&, const std::string& where)>;
    void names(const Value& array, const std::string& where, const EachText& each) {
        if (!is(array, Kind::array, where)) return;
        std::set<std::string> seen;
        std::size_t index = 0;
        for (const auto& element : array.elements()) {
            const std::string at = fmt::format("{}[{}]", where, index++);
            name(element, at, seen);
            if (element.kind() == Kind::string) each(element, at);
        }
    }

    void needs(const Value& array) {
        names(array, "needs", [&](const Value& need, const std::string&) {
            if (can(need.string())) return;
            mistake(fmt::format("it needs \"{}\", which this host cannot do: install a newer host",
                                need.string()));
        });
    }

    void headers(const Value& array, const std::string& where, bool (*allowed)(std::string_view),
                 std::string_view expected) {
        std::size_t count = 0;
        names(array, where, [&](const Value& header, const std::string& at) {
            ++count;
            if (!allowed(header.string())) wrong(at, header, expected);
        });
        if (count > k_headers_listed_max) {
            mistake(fmt::format("\"{}\" has more than {} names", where, k_headers_listed_max));
        }
    }

    void counters(const Value& object) {
        if (!is(object, Kind::object, "counters")) return;
        std::size_t count = 0;
        for (const auto& member : object.members()) {
            const std::string key = member.key();
            ++count;
            line(member.value(), "counters." + key);
            if (!is_variable(key)) {
                mistake(fmt::format("\"counters\" has \"{}\", not a name of letters, digits and _",
                                    key));
            }
        }
        if (count > k_counters_max) {
            mistake(fmt::format("\"counters\" has more than {} of them", k_counters_max));
        }
    }

    void concurrency(const Value& value) {
        if (!given(value)) return;
        const auto calls = value.integer();
        if (!calls || *calls < 1 || *calls > 1'000'000) {
            wrong("concurrency", value, "a number of calls from 1 to 1000000");
        }
    }

    void models(const Value& array) {
        std::set<std::string> ids;
        objects(array, "models", [&](const Value& model, const std::string& at) {
            members(model, at, {"id", "context", "max_output", "owned_by", "stream_only"});
            name(model["id"], at + "id", ids);
            tokens(model["context"], at + "context");
            tokens(model["max_output"], at + "max_output");
            line(model["owned_by"], at + "owned_by");
            flag(model["stream_only"], at + "stream_only");
        });
    }

    void tokens(const Value& value, const std::string& where) {
        if (!given(value)) return;
        const auto number = value.integer();
        if (!number || *number < 0) wrong(where, value, "a number of tokens");
    }
};

}  // namespace

ManifestFindings check_manifest(const Value& root) {
    ManifestFindings findings;
    Check(findings).root(root);
    return findings;
}

}  // namespace bellwether::plugin
