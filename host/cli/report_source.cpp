#include "cli/report_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "cli/ask_host.hpp"
#include "cli/host_address.hpp"
#include "cli/terminal.hpp"
#include "json/value.hpp"
#include "ledger/clock.hpp"
#include "ledger/open_store.hpp"
#include "report/budget_report.hpp"
#include "report/usage_report.hpp"

namespace bellwether::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t k_write_within_ms = 5'000;

std::unexpected<ReportFailure> failed(std::string message, int exit_code = k_failed) {
    return std::unexpected(ReportFailure{.message = std::move(message), .exit_code = exit_code});
}

// The URL of the admin listener; empty: the listener is off, or its port is not fixed.
std::string address_of(const config::Admin& admin) {
    return admin.on && admin.port != 0 ? url_of(admin.host, admin.port) : std::string();
}

std::string usage_target(const report::UsageWords& words) {
    std::string target = "/admin/usage";
    const std::pair<const char*, const std::optional<std::string>&> all[] = {
        {"by", words.by},     {"since", words.since}, {"until", words.until},
        {"zone", words.zone}, {"top", words.top},
    };
    for (const auto& [name, value] : all) {
        if (!value) continue;
        target += target.contains('?') ? '&' : '?';
        target += fmt::format("{}={}", name, percent_encoded(*value));
    }
    return target;
}

}  // namespace

int say_failure(const ReportFailure& failure) {
    if (!failure.message.empty()) fmt::print(stderr, "error: {}\n", failure.message);
    return failure.exit_code;
}

Reported<ReportSource> ReportSource::find(const Common& common, const std::string& admin) {
    ReportSource source;
    source.admin_url_ = admin;
    while (source.admin_url_.ends_with('/')) source.admin_url_.pop_back();
    if (!source.admin_url_.empty()) return source;
    source.config_ = load_config(common);
    if (!source.config_) return failed("", k_usage);
    if (source.config_->ledger.kind == config::StoreKind::none) {
        return failed(std::string(report::k_no_ledger));
    }
    source.admin_url_ = address_of(source.config_->admin);
    return source;
}

Reported<std::optional<std::string>> ReportSource::from_host(const std::string& method,
                                                             const std::string& target,
                                                             const std::string& body) {
    if (admin_url_.empty()) return std::nullopt;
    const auto reply = ask_host(method, admin_url_ + target, body);
    if (!reply && reply.error().absent && config_) return std::nullopt;
    if (!reply) {
        return failed(fmt::format("{}: {}; is the host running? bellwether serve", admin_url_,
                                  reply.error().problem));
    }
    place_ = "the host at " + admin_url_;
    if (reply->status == 200 && json::valid(reply->body)) return reply->body;
    const std::string said = json::Value(reply->body)["error"]["message"].string();
    return failed(said.empty() ? fmt::format("{} answers with status {}: it is no admin listener "
                                             "of Bellwether that has reports",
                                             admin_url_, reply->status)
                               : fmt::format("{}: {}", admin_url_, plain(said)));
}

// Whether the host that answered runs this config: a host with another one may have the address.
bool ReportSource::runs_this_config(const std::string& reply) const {
    if (!config_) return true;
    const std::string theirs = json::Value(reply)["config"].string();
    std::error_code error;
    return fs::weakly_canonical(theirs, error) == fs::weakly_canonical(config_->file, error);
}

ReportFailure ReportSource::no_file() const {
    const std::string nobody =
        admin_url_.empty()
            ? "the configuration does not tell where the admin listener is (admin.listen is off or "
              "has port 0); name it with --admin URL"
            : fmt::format(
                  "no host runs at {}; start it with bellwether serve, or name its admin "
                  "listener with --admin URL",
                  admin_url_);
    const char* const why = config_->ledger.kind == config::StoreKind::memory
                                ? "a ledger in memory ends with its host"
                                : "this ledger is read through a running host only";
    return {.message = fmt::format("{}: {}", nobody, why)};
}

Reported<std::string> ReportSource::from_file(const Local& local) {
    if (config_->ledger.kind != config::StoreKind::sqlite) return std::unexpected(no_file());
    const std::string path = config_->ledger.file.string();
    place_ = "the file " + path;
    std::optional<ledger::SqliteReport> file;
    std::error_code error;
    if (fs::exists(path, error)) {
        auto opened = ledger::SqliteReport::open(path);
        if (!opened) return failed(opened.error().message);
        file = *std::move(opened);
    }
    auto text = local(file);
    if (!text) return failed(text.error().message);
    return *std::move(text);
}

Reported<std::string> ReportSource::budgets(const std::string& name) {
    if (config_) {
        auto question = report::parse_budget(*config_, name);
        if (!question) return failed(std::move(question.error()));
    }
    const std::string query = name.empty() ? "" : "?name=" + percent_encoded(name);
    auto told = from_host("GET", "/admin/budgets" + query);
    if (!told) return std::unexpected(std::move(told.error()));
    if (*told) {
        if (!runs_this_config(**told)) {
            return failed(fmt::format(
                "{} runs another configuration, {}; give it with --config, or say that you mean "
                "this host with --admin {}",
                place_, plain(json::Value(**told)["config"].string()), admin_url_));
        }
        return *std::move(*told);
    }
    return from_file([&](std::optional<ledger::SqliteReport>& file) -> Result<std::string> {
        auto counters = file ? file->counters(ledger::system_time_us())
                             : Result<std::vector<ledger::StoredCounter>>();
        if (!counters) return std::unexpected(std::move(counters.error()));
        return to_json(
            report::budget_report(*config_, *counters, ledger::system_time_us(), {.name = name}),
            *config_);
    });
}

Reported<std::string> ReportSource::usage(const report::UsageWords& words) {
    const auto question = report::parse_usage(words, ledger::system_time_us());
    if (!question) return failed("--" + question.error().what, k_usage);
    auto told = from_host("GET", usage_target(words));
    if (!told) return std::unexpected(std::move(told.error()));
    if (*told) {
        if (!runs_this_config(**told)) {
            fmt::print(stderr, "note: {} runs another configuration, {}\n", place_,
                       plain(json::Value(**told)["config"].string()));
        }
        return *std::move(*told);
    }
    return from_file([&](std::optional<ledger::SqliteReport>& file) -> Result<std::string> {
        auto report = file ? report::usage_report(*file, *question)
                           : Result<report::UsageReport>(report::UsageReporter(*question).take());
        if (!report) return std::unexpected(std::move(report.error()));
        return to_json(*report, *config_);
    });
}

Reported<std::string> ReportSource::reset(const std::string& name) {
    const std::string body = fmt::format("{{\"name\":{}}}", json::quote(name));
    auto told = from_host("POST", "/admin/budgets/reset", body);
    if (!told) return std::unexpected(std::move(told.error()));
    if (*told) return *std::move(*told);
    return from_file([&](std::optional<ledger::SqliteReport>& file) -> Result<std::string> {
        if (!file) return to_json(report::BudgetReset{.name = name});
        file.reset();
        auto store = ledger::open_store(config_->ledger);
        if (!store) return std::unexpected(std::move(store.error()));
        const auto counters = (*store)->reset(name);
        if (!counters) return std::unexpected(counters.error());
        if (!(*store)->flush(k_write_within_ms)) {
            return fail(ErrorKind::unavailable, "the reset could not be written to the ledger");
        }
        return to_json(report::BudgetReset{.name = name, .counters = *counters});
    });
}

}  // namespace bellwether::cli
