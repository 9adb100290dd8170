// [ledger], and where the ledger is when the file does not say.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "config/pem.hpp"
#include "config/secret.hpp"
#include "config/sections.hpp"
#include "config/store_address.hpp"

namespace bw::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t k_prefix_bytes_max = 64;
constexpr std::string_view k_url_expected =
    R"("memory:", "sqlite:PATH", "redis://host:port/0" or "rediss://host:port/0")";

constexpr std::int64_t k_counters_least = 100;
constexpr std::int64_t k_counters_most = 100'000'000;

constexpr QuantityRule k_keep_usage{.kind = "duration",
                                    .example = R"("90d", "48h" or "forever")",
                                    .units = k_day_units,
                                    .unit = "d",
                                    .min = 3'600'000,
                                    .max = 10'000 * std::uint64_t{86'400'000},
                                    .range = R"("1h" to "10000d", or "forever")",
                                    .none = "forever"};

constexpr QuantityRule k_linger{.kind = "duration",
                                .example = R"("10ms" or "0ms")",
                                .units = k_duration_units,
                                .unit = "ms",
                                .min = 0,
                                .max = 1'000,
                                .range = R"("0ms" to "1s")"};

// In the order of allows_on_failure.
const std::string k_failures[] = {"refuse", "allow"};
// In the order of the enumerators.
const std::string k_syncs[] = {"disk", "os"};

bool fits_prefix(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == ':' || c == '.';
}

// An absolute path out of a variable; of several, divided by colons, the first. Empty: none.
fs::path folder_in(const char* variable) {
    const char* value = std::getenv(variable);
    if (value == nullptr) return {};
    const std::string_view all(value);
    const fs::path folder(all.substr(0, all.find(':')));
    return folder.is_absolute() ? folder : fs::path();
}

// As systemd and the XDG base directories have it. Empty: there is none.
fs::path default_file() {
    constexpr std::string_view k_name = "ledger.db";
    if (const auto folder = folder_in("STATE_DIRECTORY"); !folder.empty()) return folder / k_name;
    if (const auto folder = folder_in("XDG_STATE_HOME"); !folder.empty()) {
        return folder / "bellwether" / k_name;
    }
    const auto home = folder_in("HOME");
    return home.empty() ? home : home / ".local/state/bellwether" / k_name;
}

class LedgerReader {
  public:
    LedgerReader(Section& section, const fs::path& folder, Ledger& ledger)
        : section_(section), folder_(folder), ledger_(ledger) {}

    void read() {
        read_url();
        read_password();
        check_user();
        read_ca_file();
        read_prefix();
        if (const auto failure = section_.choice("on_failure", k_failures)) {
            ledger_.allows_on_failure = *failure == 1;
        }
        if (const auto time = section_.quantity("keep_usage", k_keep_usage)) {
            ledger_.keep_usage = milliseconds(*time);
        }
        if (ledger_.kind == StoreKind::memory) warn_unused("keep_usage");
        if (const auto most = section_.integer("max_counters", k_counters_least, k_counters_most)) {
            ledger_.max_counters = static_cast<std::size_t>(*most);
        }
        read_writing();
        if (ledger_.kind == StoreKind::memory || ledger_.kind == StoreKind::sqlite) {
            for (const std::string_view key : {"password", "ca_file", "prefix"}) warn_unused(key);
        }
    }

  private:
    void read_url() {
        const auto given = section_.text("url");
        if (!given) return;
        auto address = parse_store_address(given->value);
        if (!address) {
            const bool password = address.error() == "holds a password";
            return section_.report().error(
                given->at, fmt::format("ledger.url {}", address.error()),
                password ? std::string() : std::string(k_url_expected),
                password ? R"(write password = "env:NAME" or "file:/path" beside it)" : "");
        }
        ledger_ = std::move(*address);
        if (ledger_.kind == StoreKind::sqlite) {
            ledger_.file = (folder_ / ledger_.file).lexically_normal();
        }
    }

    void read_password() {
        auto given = section_.text("password");
        if (!given) return;
        if (const auto fault = reference_fault(given->value)) {
            return section_.report().error(
                given->at, fmt::format("ledger.password {}", *fault), {},
                R"(write "env:NAME" or "file:/path": a password does not belong in a config file)");
        }
        ledger_.password = std::move(given->value);
        ledger_.password_at = given->at;
    }

    void check_user() {
        if (ledger_.user.empty() || section_.has("password")) return;
        section_.report().error(section_.key_at("url"),
                                "ledger.url names a user without a password",
                                R"(password = "env:NAME" or "file:/path" beside it)");
    }

    void read_ca_file() {
        const auto given = section_.text("ca_file");
        if (!given) return;
        const fs::path file = (folder_ / given->value).lexically_normal();
        if (const auto fault = readable_fault(file)) {
            return section_.report().error(
                given->at, fmt::format("ledger.ca_file = {} {}", in_quotes(given->value), *fault),
                "a file of PEM certificates");
        }
        ledger_.ca_file = file;
        if (ledger_.kind == StoreKind::redis && !ledger_.encrypted) warn_unused("ca_file");
    }

    void read_prefix() {
        auto given = section_.text("prefix");
        if (!given) return;
        if (given->value.empty() || given->value.size() > k_prefix_bytes_max ||
            !std::ranges::all_of(given->value, fits_prefix)) {
            return section_.report().error(
                given->at, fmt::format("ledger.prefix = {} is no prefix", in_quotes(given->value)),
                "1 to 64 letters, digits, \"-\", \"_\", \".\" and \":\"");
        }
        ledger_.prefix = std::move(given->value);
    }

    void read_writing() {
        if (const auto time = section_.quantity("linger", k_linger)) {
            ledger_.linger = milliseconds(*time);
        }
        if (const auto sync = section_.choice("sync", k_syncs)) {
            ledger_.sync = static_cast<Sync>(*sync);
        }
        if (ledger_.kind == StoreKind::memory || ledger_.kind == StoreKind::redis) {
            for (const std::string_view key : {"linger", "sync"}) warn_unused(key);
        }
    }

    void warn_unused(std::string_view key) {
        if (!section_.has(key)) return;
        section_.report().warning(section_.key_at(key),
                                  fmt::format("ledger.{} has no effect with this url", key));
    }

    Section& section_;
    const fs::path& folder_;
    Ledger& ledger_;
};

}  // namespace

void read_ledger(Section& root, const fs::path& folder, Config& config) {
    Ledger& ledger = config.ledger;
    auto section = root.table("ledger");
    if (section) {
        LedgerReader(*section, folder, ledger).read();
        ledger.at = section->at();
        section->finish();
        if (section->has("url")) return;
    }
    const bool lasting = section || root.has("budgets") || root.has("limits") || root.has("keys");
    if (!lasting) {
        // What runs at once begins at nothing with the process: there is nothing to keep.
        const auto capped = [](const Provider& provider) { return provider.max_concurrent > 0; };
        if (std::ranges::any_of(config.providers, capped)) ledger.kind = StoreKind::memory;
        return;
    }
    ledger.kind = StoreKind::sqlite;
    ledger.file = default_file();
    ledger.usual_place = true;
    if (ledger.file.empty()) {
        root.report().error(ledger.at,
                            "there is no place for the ledger: neither STATE_DIRECTORY, "
                            "XDG_STATE_HOME nor HOME names a folder",
                            "[ledger] with url = \"sqlite:PATH\"");
    }
}

}  // namespace bw::config
