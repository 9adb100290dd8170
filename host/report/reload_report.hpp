// What a reload of the config came to.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "report/config_changes.hpp"

namespace bellwether::report {

struct ReloadOrder {
    enum class What : std::uint8_t {
        everything,
        keys,      // what the keys_file holds; the rest of the config is not even read
        provider,  // its plugin is loaded anew, also if its file is the same, or again
        unload,    // the provider serves no call until it is loaded again
        canaries   // what has been decided of new versions of plugins is carried out
    };

    std::string by;  // who wants it, for the log: "SIGHUP"
    What what = What::everything;
    std::string provider{};  // whose plugin
    bool dry_run = false;    // all is tried, and nothing changes
};

enum class ReloadOutcome : std::uint8_t {
    applied,
    unchanged,  // nothing in the config or behind it differs, so nothing was done
    tried,      // by a dry run, which found no mistake
    refused,    // nothing has changed; `diagnostics` or `fault` say why
};
inline constexpr const char* k_reload_outcomes[] = {"applied", "unchanged", "tried", "refused"};

// More changes than these are counted only, in the log and in an answer.
inline constexpr std::size_t k_changes_told_max = 1'000;

struct ReloadReport {
    ReloadOutcome outcome = ReloadOutcome::refused;
    std::uint64_t generation = 1;  // the number of the config in effect
    std::vector<ConfigChange> changes{};
    std::vector<std::string> needs_restart{};  // settings that were changed in vain
    std::vector<config::Diagnostic> diagnostics{};
    std::string fault{};  // of what the config itself is not to blame for

    std::span<const ConfigChange> told_changes() const {
        return std::span(changes).first(std::min(changes.size(), k_changes_told_max));
    }
    std::size_t changes_left_out() const { return changes.size() - told_changes().size(); }
};

using OnReload = std::function<void(const ReloadReport&)>;
using AskReload = std::function<void(ReloadOrder, OnReload)>;

// For the metrics. Written by the thread of the reloads, read by any.
struct ReloadCounts {
    std::atomic<std::uint64_t> generation{1};
    std::atomic<bool> last_succeeded{true};
    std::atomic<std::int64_t> last_success_unix{0};  // seconds; of a reload or of the start
    std::atomic<std::uint64_t> succeeded{0};
    std::atomic<std::uint64_t> refused{0};
    // How many generations have calls, the current one included.
    std::atomic<std::int64_t> generations_alive{0};
};

}  // namespace bellwether::report
