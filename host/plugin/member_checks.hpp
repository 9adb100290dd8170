// Checks of the members of a manifest, one for each form of value. What is wrong is noted with its
// place, such as "credentials[0].name".
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.hpp"
#include "plugin/manifest_check.hpp"

namespace bellwether::plugin {

inline constexpr std::size_t k_name_bytes_max = 256;  // as bw.models/1 takes them

// Whether a name can be one of an environment variable.
bool is_variable(std::string_view name);

class MemberChecks {
  public:
    explicit MemberChecks(ManifestFindings& findings) : findings_(findings) {}

    using Value = json::Value;
    using Kind = json::Kind;

    void mistake(std::string text) { findings_.mistakes.push_back(std::move(text)); }
    void wrong(std::string_view where, const Value& value, std::string_view expected);
    // A member that is null counts as missing.
    static bool given(const Value& value) { return value && value.kind() != Kind::null; }
    // True if the value is given and of that kind; another kind is a mistake.
    bool is(const Value& value, Kind kind, std::string_view where);
    bool text(const Value& value, std::string_view where) { return is(value, Kind::string, where); }
    void flag(const Value& value, std::string_view where) { is(value, Kind::boolean, where); }
    // A text that people read, which must fit on one line.
    void line(const Value& value, std::string_view where);
    void variable(const Value& value, std::string_view where);
    // A name by which something is looked up: it must be there, and must not repeat another.
    void name(const Value& value, const std::string& where, std::set<std::string>& names);
    // That an object's members are there once. Those that are not known are noted as doubts.
    void members(const Value& object, std::string_view where,
                 const std::vector<std::string>& known);
    void unknown(std::string_view where, const std::string& key,
                 const std::vector<std::string>& known);
    // `where` ends in a dot.
    using Each = std::function<void(const Value&, const std::string& where)>;
    void objects(const Value& array, const std::string& where, const Each& each);

  private:
    ManifestFindings& findings_;
};

// As a mistake says it: "a number"; the value as it stands, cut if it is long.
const char* name_of(json::Kind kind);
std::string shown(const json::Value& value);

}  // namespace bellwether::plugin
