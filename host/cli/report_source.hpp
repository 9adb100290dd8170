// Gets reports for the command line: from the running host or, if none runs, the ledger's file.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "cli/cli.hpp"
#include "config/config.hpp"
#include "ledger/sqlite/report.hpp"

namespace bellwether::cli {

struct ReportFailure {
    std::string message;  // empty: it has been printed
    int exit_code = k_failed;
};
template <typename T>
using Reported = std::expected<T, ReportFailure>;

// Prints the failure on standard error and gives its exit code.
int say_failure(const ReportFailure& failure);

class ReportSource {
  public:
    // The configuration says where the host and the file are. With `admin`, the address of a
    // host's admin listener, only that host is asked.
    static Reported<ReportSource> find(const Common& common, const std::string& admin);

    // Reports as JSON, the same as the admin pages give. `name` empty: all budgets and limits.
    Reported<std::string> budgets(const std::string& name);
    Reported<std::string> usage(const report::UsageWords& words);
    // Sets what was used of a budget to 0; the answer is JSON.
    Reported<std::string> reset(const std::string& name);

    // Where the last report came from: "the host at http://..." or "the file ...".
    const std::string& place() const { return place_; }

  private:
    using Local = std::function<Result<std::string>(std::optional<ledger::SqliteReport>& file)>;

    // The host's answer; nothing: no host runs there.
    Reported<std::optional<std::string>> from_host(const std::string& method,
                                                   const std::string& target,
                                                   const std::string& body = {});
    Reported<std::string> from_file(const Local& local);
    ReportFailure no_file() const;
    bool runs_this_config(const std::string& reply) const;

    std::string admin_url_;                 // empty: it is not known
    std::optional<config::Config> config_;  // nothing: --admin names a host
    std::string place_;
};

}  // namespace bellwether::cli
