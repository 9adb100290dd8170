// [[keys]]. No message quotes a text that may be a key: people paste keys into wrong places.
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <map>

#include "config/key_form.hpp"
#include "config/letters.hpp"
#include "config/pattern.hpp"
#include "config/sections.hpp"
#include "config/shown.hpp"

namespace bellwether::config {
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

// The moment that a date, or a date with a time, stands for; nothing: the value is neither.
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

// Reports that an entry lacks this key.
void missing(Section& section, std::string_view key, std::string expected) {
    section.missing(key, fmt::format("a key has no {}", key), std::move(expected));
}

// The text of a key that must not hold a credential. Nothing: the text is absent, or it looks like
// a credential, which is reported.
std::optional<Text> harmless_text(Section& section, std::string_view key, std::string_view fault,
                                  std::string expected) {
    auto given = section.text(key);
    if (!given || !may_be_secret(given->value)) return given;
    section.error(given->at, key, fault, std::move(expected), std::string(k_make_another));
    return std::nullopt;
}

template <std::string Key::*member>
void read_name(Section& section, std::string_view key, Key& owner) {
    if (member == &Key::name && !section.has(key)) {
        return missing(section, key, R"(name = "NAME", whose key it is)");
    }
    auto given = harmless_text(section, key, "looks like a key itself", "a name");
    if (!given) return;
    if (!is_key_name(given->value)) {  // kept: a rule for it is no second mistake
        section.error(given->at, key, fmt::format("= {} is no name", in_quotes(given->value)),
                      std::string(k_key_name_expected));
    }
    owner.*member = std::move(given->value);
}

void read_id(Section& section, std::string_view key, Key& owner) {
    const std::string expected = fmt::format(
        "the {} to {} letters and digits that stand "
        "between \"{}\" and the next \"-\" of the key",
        k_key_id_min, k_key_id_max, k_key_prefix);
    if (!section.has(key)) return missing(section, key, expected);
    const auto given = harmless_text(section, key, "holds a key itself", expected);
    if (!given) return;
    if (!is_key_id(given->value)) {
        return section.error(given->at, key, "is not the public part of a key", expected);
    }
    owner.id = given->value;
}

void read_hash(Section& section, std::string_view key, Key& owner) {
    const std::string expected = "the SHA-256 of the whole key, 64 hexadecimal digits";
    if (!section.has(key)) return missing(section, key, expected);
    const auto given = harmless_text(section, key, "holds a key itself", expected);
    if (!given) return;
    if (!is_sha256(given->value)) {
        return section.error(given->at, key, "is not a SHA-256 sum", expected);
    }
    owner.sha256 = lower(given->value);
}

void read_models(Section& section, std::string_view key, Key& owner) {
    for (Text& model : section.texts(key)) {
        if (model.value.size() > k_model_bytes_max) {
            section.report().error(model.at,
                                   fmt::format("a model of {} is too long", section.full(key)),
                                   fmt::format("at most {} bytes", k_model_bytes_max));
        } else {
            owner.models.push_back(std::move(model.value));
            owner.models_at.push_back(model.at);
        }
    }
    const toml::node* node = section.find(key);
    if (node == nullptr || !node->is_array() || !node->as_array()->empty()) return;
    section.error(position_of(*node), key, "is empty, so the key could use nothing",
                  "names or patterns such as \"qwen-*\"",
                  "leave it out to allow every model; disabled = true refuses the key");
}

void read_expiry(Section& section, std::string_view key, Key& owner) {
    const toml::node* node = section.find(key);
    if (node == nullptr) return;
    owner.expires = instant_of(*node);
    if (owner.expires) return;
    section.wrong_type(section.full(key), *node, std::string(k_expiry_expected));
}

constexpr KeyOf<Key> k_keys[] = {
    key<&Key::name>("name", k_text, "whose key it is; unique, but for older keys that end",
                    read_name<&Key::name>, k_required),
    key<&Key::id>("id", k_text, "the public part of the key, `bw-ID-SECRET`; unique", read_id,
                  k_required),
    key<Key>("sha256", k_sha256, "the SHA-256 of the whole key", read_hash, nullptr, k_required),
    {.facts = {"team", k_text, "several keys may have one team; formed like `name`", "none"},
     .read = read_name<&Key::team>,
     .write = [](json::PrettyWriter& writer,
                 const Key& owner) { writer.field_or_null("team", owner.team); }},
    key<Key>(
        "models", k_texts, "the models it may use: exact names, or patterns as in `[[routes]]`",
        read_models,
        [](const Key& owner) { return owner.models.empty() ? Value("all") : Value(owner.models); },
        "all"),
    {.facts = {"expires", Worded{"date, or date and time", k_text.schema},
               "refused from that moment on", "never"},
     .read = read_expiry,
     .write =
         [](json::PrettyWriter& writer, const Key& owner) {
             writer.field_or_null("expires", owner.expires ? format_expiry(*owner.expires) : "");
         }},
    key<&Key::disabled>("disabled", Flag{}, "`true`: refused, though the entry stays"),
};

void second(const Key& key, const Key& first, std::string_view what, std::string hint,
            Report& report) {
    report.error(key.at,
                 fmt::format("a second key with the {}; the first is at {}", what,
                             report.place(first.at, key.at)),
                 {}, std::move(hint));
}

// Keys of one name are one caller's, who changes from one to the next: all but one have to end.
void check_names(const std::vector<Key>& keys, Report& report) {
    std::map<std::string_view, const Key*> lasting;
    for (const Key& key : keys) {
        if (key.name.empty() || key.expires) continue;
        const auto [first, added] = lasting.try_emplace(key.name, &key);
        if (added) continue;
        second(key, *first->second, fmt::format("name {}", in_quotes(key.name)),
               "a name may stand again if all of its keys but one have `expires`", report);
    }
}

void check_ids(const std::vector<Key>& keys, Report& report) {
    std::map<std::string_view, const Key*> known;
    for (const Key& key : keys) {
        if (key.id.empty()) continue;
        const auto [first, added] = known.try_emplace(key.id, &key);
        if (!added)
            second(key, *first->second, fmt::format("id {}", in_quotes(key.id)), {}, report);
    }
}

}  // namespace

void read_keys(Section& root, std::vector<Key>& keys) {
    auto sections = root.tables("keys");
    if (!sections) return;
    for (auto& section : *sections) {
        Key& one = keys.emplace_back();
        one.at = section.at();
        read_keys<Key>(section, k_keys, one);
        section.finish();
    }
    check_keys(keys, root.report());
}

void check_keys(const std::vector<Key>& keys, Report& report) {
    check_names(keys, report);
    check_ids(keys, report);
}

std::optional<sys_seconds> parse_expiry(std::string_view text) {
    constexpr std::size_t k_bytes_max = 40;
    if (text.size() > k_bytes_max || text.find_first_not_of("0123456789-:+.TtZz ") != text.npos) {
        return std::nullopt;  // it might be more TOML than one value
    }
    try {
        const toml::table table = toml::parse("at = " + std::string(text));
        return instant_of(*table.get("at"));
    } catch (const toml::parse_error&) {
        return std::nullopt;
    }
}

// Shows who has the key and what it may do, but not its hash.
void write_key(json::PrettyWriter& writer, const Key& one) { write_keys<Key>(writer, k_keys, one); }

SectionFacts key_section() {
    return {"key", "`[[keys]]`", "Somebody who may call, and with what", rows_of<Key>(k_keys)};
}

}  // namespace bellwether::config
