// Where the command line has reports from: the running host or, where none runs, the ledger's file.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "cli/cli.hpp"
#include "config/config.hpp"
#include "ledger/sqlite/report.hpp"

namespace bw::cli {

struct ReportFailure {
    std::string message;  // empty: it has been said
    int exit_code = k_failed;
};
template <typename T>
using Reported = std::expected<T, ReportFailure>;

// Prints it on standard error; gives its exit code.
int say_failure(const ReportFailure& failure);

class ReportSource {
  public:
    // The configuration says where both are, unless `admin`, a host's address, is given.
    static Reported<ReportSource> find(const Common& common, const std::string& admin);

    // JSON, as the admin pages have it. `name` empty: all.
    Reported<std::string> budgets(const std::string& name);
    Reported<std::string> usage(const report::UsageWords& words);
    // Begins a budget anew; JSON.
    Reported<std::string> reset(const std::string& name);

    // Where the last report came from: "the host at http://..." or "the file ...".
    const std::string& place() const { return place_; }

  private:
    using Local = std::function<Result<std::string>(std::optional<ledger::SqliteReport>& file)>;

    // Nothing: no host runs there.
    Reported<std::optional<std::string>> from_host(const std::string& method,
                                                   const std::string& target,
                                                   const std::string& body = {});
    Reported<std::string> from_file(const Local& local);
    ReportFailure no_file() const;
    bool runs_this_config(const std::string& reply) const;

    std::string admin_url_;                 // empty: there is no way to know it
    std::optional<config::Config> config_;  // nothing: a host was named
    std::string place_;
};

}  // namespace bw::cli
