// [ledger], and where the ledger is when the file does not say.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>

#include "config/include.hpp"
#include "config/letters.hpp"
#include "config/names.hpp"
#include "config/sections.hpp"
#include "config/shown.hpp"

namespace bellwether::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_prefix_bytes_max = 64;
constexpr std::string_view k_url_expected =
    R"("memory:", "sqlite:PATH", "redis://host:port/0" or "rediss://host:port/0")";

constexpr Quantity k_keep_usage{k_days,    R"("90d", "48h" or "forever")",     "d",
                                3'600'000, 10'000 * std::uint64_t{86'400'000}, "forever"};
constexpr Quantity k_linger{k_duration, R"("10ms" or "0ms")", "ms", 0, 1'000};

// Indexed by `Ledger::allows_on_failure`.
constexpr std::array<std::string_view, 2> k_failures{"refuse", "allow"};

// The absolute path in a variable, or the first of several divided by colons. Empty: none.
fs::path folder_in(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr) return {};
    const std::string_view all(value);
    const fs::path folder(all.substr(0, all.find(':')));
    return folder.is_absolute() ? folder : fs::path();
}

// The default file, in the state folder of systemd or of XDG. Empty: there is no such folder.
fs::path default_file() {
    constexpr std::string_view k_name = "ledger.db";
    if (const auto folder = folder_in("STATE_DIRECTORY"); !folder.empty()) return folder / k_name;
    if (const auto folder = folder_in("XDG_STATE_HOME"); !folder.empty()) {
        return folder / "bellwether" / k_name;
    }
    const auto home = folder_in("HOME");
    return home.empty() ? home : home / ".local/state/bellwether" / k_name;
}

void read_url(Section& section, std::string_view key, Ledger& ledger) {
    const auto given = section.text(key);
    if (!given) return;
    auto address = parse_store_address(given->value);
    if (!address) {
        const bool password = address.error() == "holds a password";
        return section.error(
            given->at, key, address.error(), password ? std::string() : std::string(k_url_expected),
            password ? R"(write password = "env:NAME" or "file:/path" beside it)" : "");
    }
    ledger = std::move(*address);
    if (ledger.kind == StoreKind::sqlite) {
        ledger.file = section.path_of({ledger.file.string(), given->at});
    }
}

Value url_of(const Ledger& ledger) {
    switch (ledger.kind) {
        case StoreKind::none: return "none";
        case StoreKind::memory: return "memory:";
        case StoreKind::sqlite: return "sqlite:" + ledger.file.string();
        case StoreKind::redis: break;
    }
    const bool v6 = ledger.host.find(':') != ledger.host.npos;
    return fmt::format("{}://{}{}{}{}{}:{}/{}", ledger.encrypted ? "rediss" : "redis", ledger.user,
                       ledger.user.empty() ? "" : "@", v6 ? "[" : "", ledger.host, v6 ? "]" : "",
                       ledger.port, ledger.database);
}

void read_prefix(Section& section, std::string_view key, Ledger& ledger) {
    auto given = section.text(key);
    if (!given) return;
    if (given->value.size() > k_prefix_bytes_max || !is_made_of(lower(given->value), "_-:.")) {
        return section.error(
            given->at, key, fmt::format("= {} is no prefix", in_quotes(given->value)),
            fmt::format(R"(1 to {} letters, digits, "-", "_", "." and ":")", k_prefix_bytes_max));
    }
    ledger.prefix = std::move(given->value);
}

constexpr KeyOf<Ledger> k_ledger_keys[] = {
    until_restart(key<Ledger>(
        "url",
        Worded{R"(`"memory:"`, `"sqlite:PATH"`, `"redis://[user@]host[:port][/database]"`)",
               R"x("type": "string", "pattern": "^(memory:$|sqlite:.|rediss?://)")x"},
        "where it is kept: in memory, for tests; in a file of one host; or in Redis or "
        "Valkey, shared by several hosts",
        read_url, url_of, "above")),
    until_restart(password_key<&Ledger::password, &Ledger::password_at>("password", "of Redis")),
    until_restart(pem_key<&Ledger::ca_file, Pem::trusted>(
        "ca_file", "PEM certificates to trust instead, for `rediss://`", "the system's")),
    until_restart(key<&Ledger::prefix>(
        "prefix", k_text, "what the names of all its keys in Redis begin with", read_prefix)),
    key<&Ledger::allows_on_failure>(
        "on_failure", Choice{k_failures},
        "calls while the ledger cannot answer: refused, or served without being counted"),
    until_restart(key<&Ledger::keep_usage>("keep_usage", k_keep_usage,
                                           "how long the row of a call is kept for reports")),
    until_restart(key<&Ledger::max_counters>("max_counters", Whole{100, 100'000'000},
                                             "how many counters there may be at one time")),
    until_restart(
        key<&Ledger::linger>("linger", k_linger,
                             "for a file of SQLite: for how long what calls came to may wait to be "
                             "written together")),
    until_restart(key<&Ledger::sync>(
        "sync", Choice{k_names<Sync>},
        R"(for a file of SQLite: `"disk"`: what was given out survives a power cut)")),
};

void check_user(Section& section, const Ledger& ledger) {
    if (ledger.user.empty() || section.has("password")) return;
    section.report().error(section.key_at("url"), "ledger.url names a user without a password",
                           R"(password = "env:NAME" or "file:/path" beside it)");
}

void warn_unused(Section& section, std::initializer_list<std::string_view> keys) {
    for (const std::string_view unused : keys) {
        if (!section.has(unused)) continue;
        section.report().warning(section.key_at(unused),
                                 fmt::format("ledger.{} has no effect with this url", unused));
    }
}

void warn_unused(Section& section, const Ledger& ledger) {
    switch (ledger.kind) {
        case StoreKind::none: return;
        case StoreKind::memory:
            return warn_unused(section,
                               {"keep_usage", "linger", "sync", "password", "ca_file", "prefix"});
        case StoreKind::sqlite: return warn_unused(section, {"password", "ca_file", "prefix"});
        case StoreKind::redis: warn_unused(section, {"linger", "sync"});
    }
    if (!ledger.ca_file.empty() && !ledger.encrypted) warn_unused(section, {"ca_file"});
}

constexpr std::string_view k_sqlite = "sqlite:";

using Parsed = std::expected<Ledger, std::string>;

bool is_plain(char c) {
    return c > 0x20 && c < 0x7F && c != '\\' && c != '"' && c != '<' && c != '>' && c != '%';
}

// SQLite has names that are no files, such as ":memory:". The host always gives SQLite a whole
// path, so such a name would make a file of that name, which is not what its author wants.
const char* sqlite_fault(std::string_view path) {
    const auto name = path.substr(path.rfind('/') + 1);
    if (path.find_first_not_of(" \t") == path.npos) return "names no file";
    if (path.starts_with(':')) return "names no file, but what SQLite keeps in memory";
    if (path.starts_with("file:")) return "holds a URI of SQLite where the path of a file belongs";
    if (path.find_first_of("?#") != path.npos) return "has a query or a fragment";
    if (name.empty() || name == "." || name == "..") return "names a folder";
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
    if (std::ranges::any_of(path, is_control)) return "holds a character that it cannot contain";
    return nullptr;
}

Parsed sqlite(std::string_view path) {
    if (const char* fault = sqlite_fault(path)) return std::unexpected(fault);
    if (path.starts_with("//")) return std::unexpected("has slashes where the path begins");
    if (path.starts_with("~")) return std::unexpected("begins with ~, which only a shell knows");
    Ledger ledger;
    ledger.kind = StoreKind::sqlite;
    ledger.file = path;
    return ledger;
}

// "host", "host:port", "[v6]" or "[v6]:port".
std::expected<void, std::string> read_host(std::string_view text, Ledger& ledger) {
    const bool bracketed = text.starts_with('[');
    const auto end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && end == text.npos) return std::unexpected("has no ] behind its address");
    ledger.host = bracketed ? text.substr(1, end - 1) : text.substr(0, end);
    if (ledger.host.empty()) return std::unexpected("names no host");
    text.remove_prefix(std::min(bracketed ? end + 1 : end, text.size()));
    if (text.empty()) return {};
    const auto port = whole_number<std::uint16_t>(text.substr(1));
    if (!text.starts_with(':') || port.value_or(0) == 0) {
        return std::unexpected("has no valid port behind the host");
    }
    ledger.port = *port;
    return {};
}

Parsed redis(std::string_view text, bool encrypted) {
    Ledger ledger;
    ledger.kind = StoreKind::redis;
    ledger.encrypted = encrypted;
    if (const auto at = text.rfind('@'); at != text.npos) {
        ledger.user = text.substr(0, at);
        text.remove_prefix(at + 1);
        if (ledger.user.find(':') != std::string::npos) {
            return std::unexpected("holds a password");
        }
    }
    if (text.find_first_of("?#") != text.npos) return std::unexpected("has a query or a fragment");
    if (!std::ranges::all_of(text, is_plain) || !std::ranges::all_of(ledger.user, is_plain)) {
        return std::unexpected("holds a character that it cannot contain");
    }
    const auto slash = std::min(text.find('/'), text.size());
    if (const auto host = read_host(text.substr(0, slash), ledger); !host) {
        return std::unexpected(host.error());
    }
    text.remove_prefix(std::min(slash + 1, text.size()));
    if (text.empty()) return ledger;
    const auto database = whole_number<std::uint16_t>(text);
    if (!database) return std::unexpected("has no number of a database behind the host");
    ledger.database = *database;
    return ledger;
}

}  // namespace

void read_ledger(Section& root, Config& config) {
    Ledger& ledger = config.ledger;
    auto section = root.table("ledger");
    if (section) {
        read_keys<Ledger>(*section, k_ledger_keys, ledger);
        check_user(*section, ledger);
        warn_unused(*section, ledger);
        ledger.at = section->at();
        section->finish();
        if (section->has("url")) return;
    }
    const bool lasting = section || root.has("budgets") || root.has("limits") || root.has("keys") ||
                         root.has(k_keys_file);
    if (!lasting) {
        // Calls at once are counted from 0 in each new process, so memory is enough for them.
        const auto capped = [](const Provider& provider) { return provider.max_concurrent > 0; };
        if (std::ranges::any_of(config.providers, capped)) ledger.kind = StoreKind::memory;
        return;
    }
    ledger.kind = StoreKind::sqlite;
    ledger.file = default_file();
    ledger.is_default_file = true;
    if (ledger.file.empty()) {
        root.report().error(ledger.at,
                            "there is no place for the ledger: neither STATE_DIRECTORY, "
                            "XDG_STATE_HOME nor HOME names a folder",
                            "[ledger] with url = \"sqlite:PATH\"");
    }
}

void write_ledger(json::PrettyWriter& writer, const Ledger& ledger) {
    write_table<Ledger>(writer, "ledger", k_ledger_keys, ledger);
}

SectionFacts ledger_section() {
    return {"ledger", "`[ledger]`", "Where it is kept what was used",
            rows_of<Ledger>(k_ledger_keys)};
}

std::expected<Ledger, std::string> parse_store_address(std::string_view text) {
    if (text.starts_with("redis://")) return redis(text.substr(8), false);
    if (text.starts_with("rediss://")) return redis(text.substr(9), true);
    if (text.starts_with(k_sqlite)) return sqlite(text.substr(k_sqlite.size()));
    if (text != "memory:") return std::unexpected("is of no kind that there is");
    Ledger ledger;
    ledger.kind = StoreKind::memory;
    return ledger;
}

}  // namespace bellwether::config
