// [[keys]]. What a mistake quotes is never a key: one may stand where something else belongs.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <map>

#include "config/key_form.hpp"
#include "config/pattern.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

using std::chrono::sys_seconds;

constexpr std::string_view k_expiry_expected =
    "a date such as 2027-01-31, or with a time and a zone, 2027-01-31T18:00:00+07:00, without "
    "quotes";
constexpr std::string_view k_make_another =
    "make another one with `bellwether key new`: this one is known to whoever could read the file";

std::optional<sys_seconds> day_of(const toml::date& date) {
    using namespace std::chrono;
    const year_month_day day(year(date.year), month(date.month), std::chrono::day(date.day));
    if (!day.ok()) return std::nullopt;
    return sys_days(day);
}

// Nothing: it is neither a date nor a date with a time.
std::optional<sys_seconds> instant_of(const toml::node& node) {
    using namespace std::chrono;
    if (const auto* date = node.as_date()) return day_of(date->get());
    const auto* given = node.as_date_time();
    if (given == nullptr) return std::nullopt;
    const toml::date_time& at = given->get();
    const auto day = day_of(at.date);
    if (!day) return std::nullopt;
    const minutes zone(at.offset ? at.offset->minutes : 0);
    return *day + hours(at.time.hour) + minutes(at.time.minute) + seconds(at.time.second) - zone;
}

class KeyReader {
  public:
    KeyReader(Section& section, Key& key) : section_(section), key_(key) {}

    void read() {
        key_.at = section_.at();
        read_name("name", key_.name);
        if (!section_.has("name")) missing("name", R"(name = "NAME", whose key it is)");
        read_id();
        read_hash();
        read_name("team", key_.team);
        read_models();
        read_expiry();
        key_.disabled = section_.flag("disabled").value_or(false);
        section_.finish();
    }

  private:
    void read_name(std::string_view name, std::string& value) {
        auto given = section_.text(name);
        if (!given) return;
        if (may_be_secret(given->value)) {
            return error(given->at, name, "looks like a key itself", "a name",
                         std::string(k_make_another));
        }
        if (!is_key_name(given->value)) {  // kept, so that a rule for it is no second mistake
            section_.report().error(
                given->at,
                fmt::format("{} = {} is no name", section_.full(name), in_quotes(given->value)),
                std::string(k_key_name_expected));
        }
        value = std::move(given->value);
    }

    void read_id() {
        const std::string expected = fmt::format(
            "the {} to {} letters and digits that stand "
            "between \"{}\" and the next \"-\" of the key",
            k_key_id_min, k_key_id_max, k_key_prefix);
        const auto given = section_.text("id");
        if (!section_.has("id")) return missing("id", expected);
        if (!given) return;
        if (may_be_secret(given->value)) {
            return error(given->at, "id", "holds a key itself", expected,
                         std::string(k_make_another));
        }
        if (!is_key_id(given->value)) {
            return error(given->at, "id", "is not the public part of a key", expected);
        }
        key_.id = given->value;
    }

    void read_hash() {
        const std::string expected = "the SHA-256 of the whole key, 64 hexadecimal digits";
        const auto given = section_.text("sha256");
        if (!section_.has("sha256")) return missing("sha256", expected);
        if (!given) return;
        if (may_be_secret(given->value)) {
            return error(given->at, "sha256", "holds a key itself", expected,
                         std::string(k_make_another));
        }
        if (!is_key_hash(given->value)) {
            return error(given->at, "sha256", "is not a SHA-256 sum", expected);
        }
        for (const char c : given->value) {
            key_.sha256 += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }

    void read_models() {
        const toml::node* node = section_.find("models");
        for (Text& model : section_.texts("models")) {
            if (model.value.size() > k_model_bytes_max) {
                section_.report().error(model.at, "a model of keys.models is too long",
                                        fmt::format("at most {} bytes", k_model_bytes_max));
            } else {
                key_.models.push_back(std::move(model.value));
                key_.models_at.push_back(model.at);
            }
        }
        if (node == nullptr || !node->is_array() || !node->as_array()->empty()) return;
        error(position_of(*node), "models", "is empty, so the key could use nothing",
              "names or patterns such as \"qwen-*\"",
              "leave it out to allow every model; disabled = true refuses the key");
    }

    void read_expiry() {
        const toml::node* node = section_.find("expires");
        if (node == nullptr) return;
        key_.expires = instant_of(*node);
        if (!key_.expires)
            section_.wrong_type("keys.expires", *node, std::string(k_expiry_expected));
    }

    void missing(std::string_view name, std::string_view expected) {
        section_.report().absent(key_.at, {std::string(name)}, fmt::format("a key has no {}", name),
                                 std::string(expected));
    }

    void error(Position at, std::string_view name, std::string_view what, std::string expected,
               std::string hint = {}) {
        section_.report().error(at, fmt::format("{} {}", section_.full(name), what),
                                std::move(expected), std::move(hint));
    }

    Section& section_;
    Key& key_;
};

void check_unique(const std::vector<Key>& keys, std::string Key::*member, std::string_view what,
                  Report& report) {
    std::map<std::string_view, const Key*> known;
    for (const auto& key : keys) {
        const std::string& value = key.*member;
        if (value.empty()) continue;
        const auto [first, added] = known.try_emplace(value, &key);
        if (added) continue;
        report.error(key.at, fmt::format("a second key with the {} {}; the first is at line {}",
                                         what, in_quotes(value), first->second->at.line));
    }
}

}  // namespace

void read_keys(Section& root, std::vector<Key>& keys) {
    auto sections = root.tables("keys");
    if (!sections) return;
    for (auto& section : *sections) KeyReader(section, keys.emplace_back()).read();
    check_unique(keys, &Key::name, "name", root.report());
    check_unique(keys, &Key::id, "id", root.report());
}

std::optional<sys_seconds> parse_expiry(std::string_view text) {
    constexpr std::size_t k_bytes_max = 40;
    if (text.size() > k_bytes_max || text.find_first_not_of("0123456789-:+.TtZz ") != text.npos) {
        return std::nullopt;  // nothing but a value can come of it
    }
    try {
        const toml::table table = toml::parse("at = " + std::string(text));
        return instant_of(*table.get("at"));
    } catch (const toml::parse_error&) {
        return std::nullopt;
    }
}

}  // namespace bw::config
