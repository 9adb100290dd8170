#include "serve/reloader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <iterator>
#include <utility>

#include "config/quantity.hpp"
#include "config/report.hpp"
#include "ledger/open_store.hpp"
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
            for (const auto& change : report.told_changes()) {
                observe::info("changed: {}", to_string(change));
            }
            if (report.changes_left_out() > 0) {
                observe::info("changed: {} more settings", report.changes_left_out());
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

// The providers that are no longer among those that calls may go to.
std::vector<std::shared_ptr<const plugin::LoadedProvider>> those_dropped(
    const plugin::Registry& before, const plugin::Registry& now) {
    auto dropped = plugin::all_of(before);
    const auto kept = plugin::all_of(now);
    std::erase_if(dropped,
                  [&kept](const auto& one) { return std::ranges::find(kept, one) != kept.end(); });
    return dropped;
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
    current_.reset();
    do loop_.restart();
    while (loop_.poll() > 0);
}

std::shared_ptr<const Generation> Reloader::keep(std::unique_ptr<Generation> generation) {
    return {generation.release(), [this](const Generation* ended) {
                boost::asio::post(loop_, [owned = std::unique_ptr<const Generation>(ended)] {});
            }};
}

void Reloader::start(std::shared_ptr<const Generation> current, Steps steps) {
    current_ = std::move(current);
    steps_ = std::move(steps);
    thread_ = std::thread([this] {
        loop_.run();
        const Lock lock(mutex_);
        ended_ = true;
        ended_changed_.notify_all();
    });
}

bool Reloader::end(std::chrono::milliseconds limit) {
    is_to_end_ = true;
    loop_.stop();
    {
        const Lock lock(mutex_);
        const auto latest = std::chrono::steady_clock::now() + limit;
        if (!ended_changed_.wait_until(mutex_, latest,
                                       [this]() REQUIRES(mutex_) { return ended_; })) {
            thread_.detach();
            return false;
        }
    }
    thread_.join();
    return true;
}

// A reload that has not begun yet does for all who ask for one meanwhile.
void Reloader::ask(ReloadOrder order, report::OnReload on_report) {
    if (order.what == ReloadOrder::What::keys && !order.dry_run) {
        {
            const Lock lock(mutex_);
            keys_asked_.emplace_back(std::move(order), std::move(on_report));
        }
        return boost::asio::post(loop_, [this] { follow_keys(); });
    }
    if (is_between_) observe::info("{}: it waits for the upgrade that is under way", order.by);
    const bool is_whole = order.what == ReloadOrder::What::everything && !order.dry_run;
    std::vector<report::OnReload> asking;
    if (on_report) asking.push_back(std::move(on_report));
    if (!is_whole) {
        boost::asio::post(loop_, [this, order = std::move(order), asking = std::move(asking)] {
            carry_out(order, asking);
        });
        return;
    }
    const Lock lock(mutex_);
    std::ranges::move(asking, std::back_inserter(asking_));
    if (std::exchange(is_asked_, true)) return;
    boost::asio::post(loop_, [this, order = std::move(order)] { carry_out(order, take_asking()); });
}

void Reloader::between_reloads(std::function<void(const Generation& current)> task) {
    boost::asio::post(loop_, [this, task = std::move(task)] {
        const auto current = current_;  // also if a reload of the keys takes its place
        if (is_to_end_) return;
        is_between_ = true;
        task(*current);
        is_between_ = false;
    });
}

void Reloader::follow_keys() {
    std::vector<KeysAsked> asked;
    {
        const Lock lock(mutex_);
        asked = std::exchange(keys_asked_, {});
    }
    if (asked.empty()) return;
    std::vector<report::OnReload> asking;
    for (auto& one : asked) {
        if (one.on_report) asking.push_back(std::move(one.on_report));
    }
    carry_out(asked.front().order, asking);
}

std::vector<report::OnReload> Reloader::take_asking() {
    const Lock lock(mutex_);
    is_asked_ = false;
    return std::exchange(asking_, {});
}

// Whoever asked a host that ends gets no report: it may be gone.
void Reloader::carry_out(const ReloadOrder& order, const std::vector<report::OnReload>& asking) {
    if (is_to_end_) return;
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
    for (const auto& tell : asking) tell(report);
    tell_dropped();
}

// No new calls begin under their config. Telling may take a plugin long, so the report comes first.
void Reloader::tell_dropped() {
    for (const auto& provider : std::exchange(dropped_, {})) {
        provider->service->notice(BW_NOTICE_DRAIN);
    }
}

ReloadReport Reloader::reload(const ReloadOrder& order) {
    using What = ReloadOrder::What;
    // A host that is about to end still asks each caller for a key.
    if ((process_.draining || process_.followed) && order.what != What::keys) {
        return {.generation = current_->number(),
                .fault = process_.followed ? "another host has taken over from this one"
                                           : "the host is about to end"};
    }
    if (order.what == What::provider || order.what == What::unload) {
        const auto& providers = current_->host().registry.providers;
        const bool known = std::ranges::any_of(
            providers, [&](const auto& one) { return one->name == order.provider; });
        if (!known) {
            return {.generation = current_->number(),
                    .fault = fmt::format("there is no provider \"{}\"", order.provider)};
        }
    }
    return replace(load_(current_->host(), order), order);
}

ReloadReport Reloader::replace(front::HostCheck check, const ReloadOrder& order) {
    ReloadReport report{.generation = current_->number(),
                        .diagnostics = std::move(check.diagnostics)};
    if (!check.host) return report;
    leave_unloaded(*check.host, order);
    report.changes = pages::host_changes(current_->host(), *check.host);
    report.needs_restart =
        keep_until_restart(*check.host, current_->host(), report.changes, process_);
    if (lets_everybody_in(check.host->config)) {
        report.fault =
            "it has no client keys, but the inherited socket of server.listen, which stays until a "
            "restart, can be reached from other machines";
        return report;
    }
    if (order.dry_run) {
        try_out(check.host->config, report);
        return report;
    }
    if (report.changes.size() == report.needs_restart.size()) {
        report.outcome = ReloadOutcome::unchanged;
        return report;
    }
    auto made = Generation::make(*std::move(check.host), process_, current_.get());
    if (!made) {
        report.fault = made.error();
        return report;
    }
    if (is_to_end_) {
        report.fault = "the host is about to end";
        return report;
    }
    auto next = keep(*std::move(made));
    if (const auto applied = steps_.apply(next, *current_); !applied) {
        report.fault = applied.error();
        return report;
    }
    dropped_ = those_dropped(current_->host().registry, next->host().registry);
    current_ = std::move(next);
    if (order.what == ReloadOrder::What::unload) unloaded_.insert(order.provider);
    if (order.what == ReloadOrder::What::provider) unloaded_.erase(order.provider);
    report.outcome = ReloadOutcome::applied;
    report.generation = current_->number();
    return report;
}

// What a reload would open, in its order. A ledger that is open stays, and so do the addresses of
// inherited sockets: the config has them by now as they are.
void Reloader::try_out(const config::Config& config, ReloadReport& report) const {
    if (!current_->running().ledger) {
        const auto ledger = ledger::try_store(config.ledger);
        if (!ledger) {
            report.fault = ledger.error().message;
            return;
        }
        if (!ledger->empty()) {
            report.diagnostics.push_back({.severity = config::Severity::warning,
                                          .file = config.file.string(),
                                          .at = {},
                                          .what = *ledger});
        }
    }
    if (const auto addresses = steps_.try_addresses(config, *current_); !addresses) {
        report.fault = addresses.error();
        return;
    }
    report.outcome = ReloadOutcome::tried;
}

// Such a provider has no service and gets no instance, so that of its plugin nothing runs.
void Reloader::leave_unloaded(front::Host& host, const ReloadOrder& order) {
    constexpr std::string_view k_unloaded = "an operator has unloaded its plugin";
    bool any = false;
    for (auto& provider : host.registry.providers) {
        const bool named = provider->name == order.provider;
        if (named && order.what == ReloadOrder::What::provider) continue;
        const bool unloads = named && order.what == ReloadOrder::What::unload;
        if (!unloads && !unloaded_.contains(provider->name)) continue;
        for (const auto& known : current_->host().registry.providers) {
            if (known->name == provider->name) provider = known;
        }
        any = true;
        host.registry.canaries.erase(provider->name);
        if (provider->unavailable == k_unloaded) continue;
        auto left = std::make_shared<plugin::LoadedProvider>(*provider);
        left->unavailable = k_unloaded;
        left->service = std::make_shared<plugin::SharedService>();
        if (left->library->keepers() != nullptr) left->library = left->library->without_process();
        provider = std::move(left);
    }
    // Clients are shown what is served.
    if (any) host.catalogue = route::Catalogue(host.config, host.routes, host.registry);
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
