// `key disable`, `key enable`, `key delete` and `key rotate`.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "cli/cli.hpp"
#include "cli/key_files.hpp"
#include "cli/key_input.hpp"
#include "config/key_form.hpp"
#include "config/quantity.hpp"
#include "config/report.hpp"

namespace bellwether::cli {
namespace {

using config::in_quotes;
using config::Key;
using Keys = std::vector<Key>;
using std::chrono::sys_seconds;

constexpr std::chrono::hours k_grace_max = std::chrono::days(90);

bool is_called(const Key& key, const std::string& name_or_id) {
    return key.name == name_or_id || key.id == name_or_id;
}

// Why there is no such key in the keys_file.
ReportFailure not_there(const KeyFiles& files, const std::string& name_or_id,
                        std::string_view instead) {
    for (const PlacedKey& fixed : files.fixed_keys()) {
        if (!is_called(fixed.key, name_or_id)) continue;
        const std::string& keys_file = files.keys_file().string();
        return {fmt::format("{}: the key {} stands in the config itself, which no command changes; "
                            "{}{}",
                            fixed.place(), in_quotes(fixed.key.name), instead,
                            keys_file.empty() ? "" : ", or move its entry to " + keys_file),
                k_usage};
    }
    if (files.keys_file().empty()) return files.no_keys_file();
    return {fmt::format("{} has no key with the name or id {}; `bellwether key list` has all",
                        files.keys_file().string(), in_quotes(name_or_id)),
            k_failed};
}

// Changes the keys with the name, or the one with the id. `instead` says how to do it by hand, for
// keys that stand elsewhere.
using ChangeOfSome = std::function<Reported<void>(Keys& all, const std::vector<Key*>& called)>;
Reported<void> change_called(const KeyFiles& files, const std::string& name_or_id,
                             std::string_view instead, const ChangeOfSome& change) {
    if (files.keys_file().empty()) return std::unexpected(not_there(files, name_or_id, instead));
    return files.change([&](Keys& keys) -> Reported<void> {
        std::vector<Key*> called;
        for (Key& key : keys) {
            if (is_called(key, name_or_id)) called.push_back(&key);
        }
        if (!called.empty()) return change(keys, called);
        return std::unexpected(not_there(files, name_or_id, instead));
    });
}

// Tells whoever has just ended the last key what becomes of it.
void warn_if_none_is_left(const KeyFiles& files, const Keys& keys) {
    const auto fixed = files.fixed_keys();
    const bool left = std::ranges::any_of(keys, is_active) ||
                      std::ranges::any_of(fixed, is_active, &PlacedKey::key);
    if (left) return;
    fmt::print(stderr, "warning: no key is active any more: the host refuses every caller\n");
}

void print_changed(const Common& common, const KeyFiles& files, const Keys& changed,
                   std::string_view what) {
    if (!common.json) {
        for (const Key& key : changed) fmt::print("{} ({}) is {}\n", key.name, key.id, what);
        return;
    }
    json::PrettyWriter writer;
    writer.begin_object().field("file", files.keys_file().string()).key("keys").begin_array();
    for (const Key& key : changed) {
        writer.begin_object();
        write_shown_key(writer, key);
        writer.field("disabled", key.disabled).end_object();
    }
    fmt::print("{}\n", writer.end_array().end_object().view());
}

int set_disabled(const Common& common, const KeyOptions& options, bool disabled) {
    const auto files = KeyFiles::find(common, options);
    if (!files) return say_failure(files.error());
    Keys changed;
    Keys all;
    const auto change = [&](Keys& keys, const std::vector<Key*>& called) -> Reported<void> {
        for (Key* key : called) {
            key->disabled = disabled;
            changed.push_back(*key);
        }
        all = keys;
        return {};
    };
    const auto done = change_called(
        *files, options.name,
        disabled ? "write disabled = true there" : "take disabled = true out there", change);
    if (!done) return say_failure(done.error());
    print_changed(common, *files, changed, disabled ? "disabled" : "enabled");
    if (disabled) warn_if_none_is_left(*files, all);
    for (const Key& key : changed) {
        if (disabled || is_active(key)) continue;
        fmt::print(stderr, "warning: {} ({}) has expired, and stays refused\n", key.name, key.id);
    }
    return k_ok;
}

// Until when the key that is replaced is good.
std::expected<sys_seconds, std::string> end_of(const KeyOptions& options) {
    using namespace std::chrono;
    const auto now = floor<seconds>(system_clock::now());
    if (options.grace.empty()) return now;
    const auto grace = config::parse_quantity(options.grace, config::k_duration_units);
    const auto days = config::parse_quantity(options.grace, config::k_day_units);
    const auto given = grace ? grace : days;
    if (!given || *given > static_cast<std::uint64_t>(milliseconds(k_grace_max).count())) {
        return std::unexpected(
            fmt::format("--grace {} is no such time; expected 30m, 1h or 7d, at "
                        "most 90d",
                        in_quotes(options.grace)));
    }
    return now + ceil<seconds>(milliseconds(*given));
}

struct Rotation {
    Key made;
    Keys replaced;  // those that were good until now
};

// Replaces all of the keys by one like that which ends last. It has the same name, and so the same
// budgets and limits.
Reported<Rotation> rotate(Keys& keys, const std::vector<Key*>& called, Key made, sys_seconds end) {
    const Key& old = **std::ranges::max_element(
        called, [](const Key* a, const Key* b) { return config::ends_after(*b, *a); });
    const auto refuse = [&old](std::string_view why) {
        return std::unexpected(
            ReportFailure{fmt::format("{} ({}) {}", old.name, old.id, why), k_failed});
    };
    if (old.disabled) return refuse("is disabled; `bellwether key enable` it first");
    if (!is_active(old) && !made.expires) {
        return refuse("has expired; say with --expires when the new one ends");
    }
    made.name = old.name;
    made.team = old.team;
    made.models = old.models;
    if (!made.expires) made.expires = old.expires;
    Rotation rotation{.made = made, .replaced = {}};
    for (Key* one : called) {
        const bool was_good = is_active(*one);
        if (!one->expires || *one->expires > end) one->expires = end;
        if (was_good) rotation.replaced.push_back(*one);
    }
    keys.push_back(std::move(made));
    return rotation;
}

void print_rotation(const Common& common, const KeyFiles& files, const Rotation& rotation,
                    const std::string& secret) {
    if (common.json) {
        json::PrettyWriter writer;
        writer.begin_object().field("key", secret);
        write_shown_key(writer, rotation.made);
        writer.field("file", files.keys_file().string()).key("replaced").begin_array();
        for (const Key& old : rotation.replaced) {
            writer.begin_object().field("id", old.id);
            writer.field("expires", config::format_expiry(*old.expires)).end_object();
        }
        fmt::print("{}\n", writer.end_array().end_object().view());
        return;
    }
    fmt::print(
        stderr,
        "{}\n\nThat is the new key of \"{}\". It is shown this once and stored nowhere: hand "
        "it over now.\n",
        secret, rotation.made.name);
    for (const Key& old : rotation.replaced) {
        fmt::print(stderr, "The old one, {}, {}\n", old.id,
                   is_active(old)
                       ? fmt::format("is good until {}.", config::format_expiry(*old.expires))
                       : "is refused from now on; --grace would have left time to change.");
    }
}

}  // namespace

int key_disable(const Common& common, const KeyOptions& options) {
    return set_disabled(common, options, true);
}

int key_enable(const Common& common, const KeyOptions& options) {
    return set_disabled(common, options, false);
}

int key_delete(const Common& common, const KeyOptions& options) {
    const auto files = KeyFiles::find(common, options);
    if (!files) return say_failure(files.error());
    Keys deleted;
    Keys left;
    const auto change = [&](Keys& keys, const std::vector<Key*>& called) -> Reported<void> {
        for (const Key* key : called) deleted.push_back(*key);
        std::erase_if(keys, [&](const Key& key) { return is_called(key, options.name); });
        left = keys;
        return {};
    };
    const auto done = change_called(*files, options.name, "take its entry out there", change);
    if (!done) return say_failure(done.error());
    print_changed(common, *files, deleted, "deleted; reports show what it has used under its id");
    warn_if_none_is_left(*files, left);
    return k_ok;
}

int key_rotate(const Common& common, const KeyOptions& options) {
    const auto end = end_of(options);
    if (!end) return say_failure({end.error(), k_usage});
    const auto expires = expiry_of(options);
    if (!expires) return say_failure({expires.error(), k_usage});
    const auto files = KeyFiles::find(common, options);
    if (!files) return say_failure(files.error());
    Key made{.expires = *expires};
    const auto secret = renew(made);
    if (!secret) return say_failure({secret.error(), k_failed});
    Rotation rotation;
    const auto change = [&](Keys& keys, const std::vector<Key*>& called) -> Reported<void> {
        auto rotated = rotate(keys, called, made, *end);
        if (!rotated) return std::unexpected(rotated.error());
        rotation = *std::move(rotated);
        return {};
    };
    const auto done = change_called(
        *files, options.name, "give it `expires` there, and add an entry of the same name", change);
    if (!done) return say_failure(done.error());
    print_rotation(common, *files, rotation, *secret);
    return k_ok;
}

}  // namespace bellwether::cli
