#include "serve/generation.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "config/reference.hpp"
#include "observe/log.hpp"
#include "report/live_target.hpp"

namespace bellwether::serve {
namespace {

using Indices = std::vector<std::optional<std::size_t>>;

// The log says when a target goes out of service or comes back.
policy::Upstreams::OnChange teller(const front::Host& host) {
    return [&host](const route::TargetStates::Change& change) {
        const auto level = change.out ? LogLevel::warn : LogLevel::info;
        const auto& name = host.routes.targets()[change.id];
        observe::log(level, report::change_text(host.config, name, change));
    };
}

// For each provider its index before, if it is the same one.
Indices same_providers(const front::Host& before, const front::Host& now) {
    Indices indices;
    const auto& then = before.registry.providers;
    for (const auto& provider : now.registry.providers) {
        const auto found = std::ranges::find(then, provider);
        indices.push_back(found == then.end() ? std::nullopt
                                              : std::optional<std::size_t>(found - then.begin()));
    }
    return indices;
}

// For each target its id before, if it is the same model at the same provider, for the same route.
Indices same_targets(const front::Host& before, const front::Host& now, const Indices& providers) {
    using Name = std::tuple<std::size_t, std::string_view, std::string_view>;
    std::map<Name, std::size_t> known;
    const auto& then = before.routes.targets();
    for (std::size_t id = 0; id < then.size(); ++id) {
        known.emplace(Name(then[id].provider, then[id].model, then[id].route), id);
    }
    Indices ids;
    for (const route::TargetName& target : now.routes.targets()) {
        auto& id = ids.emplace_back();
        const auto provider = providers[target.provider];
        if (!provider) continue;
        const auto found = known.find(Name(*provider, target.model, target.route));
        if (found != known.end()) id = found->second;
    }
    return ids;
}

}  // namespace

Generation::Generation(front::Host host, front::Process& process, std::uint64_t number)
    : number_(number), host_(std::move(host)), running_{.process = process} {
    process.reloads.generations_alive.fetch_add(1);
}

Generation::~Generation() { running_.process.reloads.generations_alive.fetch_sub(1); }

std::expected<std::unique_ptr<Generation>, std::string> Generation::make(front::Host host,
                                                                         front::Process& process,
                                                                         const Generation* before,
                                                                         const OpenLedger& open) {
    const std::uint64_t number = before == nullptr ? 1 : before->number() + 1;
    std::unique_ptr<Generation> made(new Generation(std::move(host), process, number));
    if (auto opened = made->open_ledger(before, open); !opened)
        return std::unexpected(opened.error());
    made->take_over(before);
    return made;
}

std::expected<void, std::string> Generation::open_ledger(const Generation* before,
                                                         const OpenLedger& open) {
    if (before != nullptr && before->running_.ledger) {
        running_.ledger = before->running_.ledger;
    } else {
        auto opened = open(host_.config.ledger);
        if (!opened) return std::unexpected(opened.error().message);
        running_.ledger = *std::move(opened);
    }
    if (running_.ledger) {
        running_.budget_watch =
            std::make_unique<report::BudgetWatch>(host_.config, *running_.ledger);
    }
    return {};
}

void Generation::take_over(const Generation* before) {
    const front::Running* then = before == nullptr ? nullptr : &before->running_;
    const auto& config = host_.config;
    running_.warnings = std::make_unique<policy::Warnings>(
        config, then == nullptr ? nullptr : then->warnings.get());
    running_.webhook_counts = std::make_unique<policy::WebhookCounts>(
        host_.webhooks, then == nullptr ? nullptr : then->webhook_counts.get());
    running_.waiting = std::make_unique<policy::WaitingCounts>(
        config, then == nullptr ? nullptr : then->waiting.get());
    std::optional<policy::Upstreams::Before> known;
    if (then != nullptr) {
        host_.started_unix = before->host_.started_unix;
        auto providers = same_providers(before->host_, host_);
        auto targets = same_targets(before->host_, host_, providers);
        known.emplace(*then->upstreams, std::move(providers), std::move(targets));
    }
    running_.upstreams = std::make_unique<policy::Upstreams>(
        config, host_.routes.targets().size(), teller(host_), known ? &*known : nullptr);
}

// The ledger that is open stays, because its counters are what the budgets stand on. Where none is
// open yet, the new config may bring one.
std::vector<std::string> keep_until_restart(front::Host& now, const front::Host& before,
                                            const std::vector<report::ConfigChange>& changes,
                                            const front::Process& process) {
    const config::Config& then = before.config;
    std::vector<std::string> names;
    for (const auto& change : changes) {
        const bool brings_ledger =
            change.name.starts_with("ledger") && then.ledger.kind == config::StoreKind::none;
        const bool stays = (process.api_inherited && change.name == "server.listen") ||
                           (process.admin_inherited && change.name == "admin.listen") ||
                           config::needs_restart(change.name);
        if (stays && !brings_ledger) names.push_back(change.name);
    }
    now.config.server.workers = then.server.workers;
    if (process.api_inherited) {
        now.config.server.host = then.server.host;
        now.config.server.port = then.server.port;
    }
    if (process.admin_inherited) now.config.admin = then.admin;
    if (then.ledger.kind != config::StoreKind::none) {
        const bool allows_on_failure = now.config.ledger.allows_on_failure;
        now.config.ledger = then.ledger;
        now.config.ledger.allows_on_failure = allows_on_failure;
    }
    return names;
}

}  // namespace bellwether::serve
