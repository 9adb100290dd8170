#include "serve/reloader.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "config/quantity.hpp"
#include "config/report.hpp"
#include "observe/log.hpp"
#include "pages/host_changes.hpp"

namespace bellwether::serve {
namespace {

using report::ReloadOrder;
using report::ReloadOutcome;
using report::ReloadReport;

void log_report(const ReloadOrder& order, const ReloadReport& report) {
    const std::string_view by = order.by;
    for (const auto& diagnostic : report.diagnostics) {
        const bool broken = diagnostic.severity == config::Severity::error;
        observe::log(broken ? LogLevel::error : LogLevel::warn, to_string(diagnostic));
    }
    switch (report.outcome) {
        case ReloadOutcome::refused:
            return observe::error("{}: the config is not reloaded, and generation {} goes on{}{}",
                                  by, report.generation, report.fault.empty() ? "" : ": ",
                                  report.fault);
        case ReloadOutcome::unchanged:
            observe::info("{}: nothing has changed that a reload changes", by);
            break;
        case ReloadOutcome::tried:
            return observe::info("{}: a reload would be accepted, with {} changes", by,
                                 report.changes.size());
        case ReloadOutcome::applied:
            observe::info("{}: the config is reloaded; generation {} is in effect", by,
                          report.generation);
            for (const auto& change : report.changes) {
                observe::info("changed: {}", to_string(change));
            }
    }
    for (const auto& name : report.needs_restart) {
        observe::warn("{} was changed, which has an effect only after a restart", name);
    }
}

// No config says so by itself, but an address that stays can make it so.
bool lets_everybody_in(const config::Config& config) {
    return !config.asks_for_keys() && !config::is_loopback(config.server.host);
}

std::int64_t unix_seconds() {
    using namespace std::chrono;
    return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

Reloader::Reloader(front::Process& process, Load load)
    : process_(process), load_(std::move(load)), work_(loop_.get_executor()) {
    process_.reloads.last_success_unix = unix_seconds();
}

// What is posted last are the ends of generations.
Reloader::~Reloader() {
    end();
    current_.reset();
    do loop_.restart();
    while (loop_.poll() > 0);
}

std::shared_ptr<const Generation> Reloader::keep(std::unique_ptr<Generation> generation) {
    return {generation.release(), [this](const Generation* ended) {
                boost::asio::post(loop_, [owned = std::unique_ptr<const Generation>(ended)] {});
            }};
}

void Reloader::start(std::shared_ptr<const Generation> current, Apply apply) {
    current_ = std::move(current);
    apply_ = std::move(apply);
    thread_ = std::thread([this] { loop_.run(); });
}

void Reloader::end() {
    if (!thread_.joinable()) return;
    boost::asio::post(loop_, [this] { loop_.stop(); });
    thread_.join();
}

void Reloader::ask(ReloadOrder order, report::OnReload on_report) {
    boost::asio::post(loop_, [this, order = std::move(order), on_report = std::move(on_report)] {
        ReloadReport report;
        try {
            report = reload(order);
        } catch (const std::exception& error) {
            // Only a library, or a lack of memory, throws here.
            report.generation = current_->number();
            report.fault = fmt::format("it could not be read: {}", error.what());
        }
        if (!order.dry_run) count(report);
        log_report(order, report);
        if (on_report) on_report(report);
    });
}

ReloadReport Reloader::reload(const ReloadOrder& order) {
    if (process_.draining) {
        return {.generation = current_->number(), .fault = "the host is about to end"};
    }
    return replace(load_(current_->host(), order.what), order);
}

ReloadReport Reloader::replace(front::HostCheck check, const ReloadOrder& order) {
    ReloadReport report{.generation = current_->number(),
                        .diagnostics = std::move(check.diagnostics)};
    if (!check.host) return report;
    report.changes = pages::host_changes(current_->host(), *check.host);
    report.needs_restart = keep_until_restart(*check.host, current_->host(), process_);
    if (lets_everybody_in(check.host->config)) {
        report.fault =
            "it has no client keys, but the inherited socket of server.listen, which stays until a "
            "restart, can be reached from other machines";
        return report;
    }
    if (order.dry_run || report.changes.size() == report.needs_restart.size()) {
        report.outcome = order.dry_run ? ReloadOutcome::tried : ReloadOutcome::unchanged;
        return report;
    }
    auto made = Generation::make(*std::move(check.host), process_, current_.get());
    if (!made) {
        report.fault = made.error();
        return report;
    }
    auto next = keep(*std::move(made));
    if (const auto applied = apply_(next, *current_); !applied) {
        report.fault = applied.error();
        return report;
    }
    current_ = std::move(next);
    report.outcome = ReloadOutcome::applied;
    report.generation = current_->number();
    return report;
}

void Reloader::count(const ReloadReport& report) {
    auto& counts = process_.reloads;
    const bool refused = report.outcome == ReloadOutcome::refused;
    counts.last_succeeded = !refused;
    if (refused) {
        counts.refused.fetch_add(1);
        return;
    }
    counts.succeeded.fetch_add(1);
    counts.generation = report.generation;
    counts.last_success_unix = unix_seconds();
}

}  // namespace bellwether::serve
