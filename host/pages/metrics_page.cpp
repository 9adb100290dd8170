#include "pages/metrics_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"
#include "config/shadow_name.hpp"
#include "observe/log_writer.hpp"
#include "observe/process_metrics.hpp"
#include "pages/build_info.hpp"
#include "pages/canary.hpp"
#include "pages/isolation.hpp"

namespace bellwether::pages {
namespace {

using observe::PrometheusText;

constexpr std::uint64_t k_one = 1;

void write_info(PrometheusText& text, const front::Host& host) {
    const BuildInfo build = build_info();
    text.metric("bellwether_build_info", "gauge", "The program; always 1.");
    text.sample({{"version", build.version}, {"abi", build.abi}, {"compiler", build.compiler}},
                k_one);
    text.metric("bellwether_config_info", "gauge", "The configuration; always 1.");
    text.sample({{"file", host.config.file.string()}}, k_one);
    text.metric("bellwether_plugin_info", "gauge", "The plugin of each provider; always 1.");
    for (const auto& provider : host.registry.providers) {
        const bw_plugin& table = provider->library->table();
        text.sample({{"provider", provider->name},
                     {"plugin", table.id},
                     {"version", table.version},
                     {"abi", fmt::format("1.{}", table.abi_minor)},
                     {"sha256", provider->library->sha256()}},
                    k_one);
    }
    text.metric("bellwether_provider_available", "gauge",
                "1, or 0 if the provider's credential is missing.");
    for (const auto& provider : host.registry.providers) {
        text.sample({{"provider", provider->name}},
                    std::uint64_t{provider->unavailable.empty() ? 1u : 0u});
    }
}

void write_slow_callbacks(PrometheusText& text, const front::Host& host) {
    text.metric("bellwether_plugin_slow_callbacks_total", "counter",
                "Functions of a provider's plugin that took longer than 50 ms.");
    for (const auto& provider : host.registry.providers) {
        text.sample({{"provider", provider->name}},
                    provider->slow_callbacks->count.load(std::memory_order_relaxed));
    }
}

void write_counters(PrometheusText& text, const front::Host& host) {
    text.metric("bellwether_plugin_count_total", "counter",
                "What providers' plugins count, under the names in their manifests.");
    for (const auto& provider : host.registry.providers) {
        for (const auto& [counter, label, value] : provider->counters->read()) {
            text.sample(
                {{"provider", provider->name}, {"counter", counter->name}, {"label", label}},
                value);
        }
    }
}

void write_upstream_limits(PrometheusText& text, const front::Context& context) {
    using policy::UpstreamLimits;
    const UpstreamLimits& limits = context.running.upstreams->limits;
    text.metric("bellwether_upstream_limited_total", "counter",
                "Calls for which a provider's own limits left no room, by what became of them.");
    for (std::size_t provider = 0; provider < context.host.config.providers.size(); ++provider) {
        for (std::size_t outcome = 0; outcome < UpstreamLimits::k_outcomes.size(); ++outcome) {
            text.sample({{"provider", context.host.config.providers[provider].name},
                         {"outcome", UpstreamLimits::k_outcomes[outcome]}},
                        limits.counted(provider, outcome));
        }
    }
}

// One sample for each target.
void write_targets(PrometheusText& text, const front::Context& context, auto number) {
    const auto& names = context.host.routes.targets();
    for (std::size_t id = 0; id < names.size(); ++id) {
        text.sample({{"provider", context.host.config.providers[names[id].provider].name},
                     {"model", names[id].model.empty() ? "*" : names[id].model},
                     {"route", names[id].route}},
                    number(context.running.upstreams->targets, id));
    }
}

void write_first_contents(PrometheusText& text, const front::Context& context) {
    text.metric("bellwether_target_first_content_seconds", "gauge",
                "How long the first content of a target's answers takes: a moving mean.");
    const auto& names = context.host.routes.targets();
    for (std::size_t id = 0; id < names.size(); ++id) {
        for (const auto& [label, answer] : {std::pair("plain", route::AnswerForm::plain),
                                            std::pair("stream", route::AnswerForm::stream)}) {
            const auto time = context.running.upstreams->targets.measured(id, answer);
            if (!time) continue;
            text.sample({{"provider", context.host.config.providers[names[id].provider].name},
                         {"model", names[id].model.empty() ? "*" : names[id].model},
                         {"route", names[id].route},
                         {"answer", label}},
                        std::chrono::duration<double>(*time).count());
        }
    }
}

void write_retry_budget(PrometheusText& text, const policy::SharedRetryBudget& budget) {
    text.metric("bellwether_repetitions_total", "counter",
                "Tries that counted in the retry budget: repetitions, hedges, and tries at targets "
                "that fail.");
    text.sample({}, budget.taken());
    text.metric("bellwether_repetitions_refused_total", "counter",
                "Such tries that were not made, as the retry budget was spent.");
    text.sample({}, budget.refused());
}

void write_targets(PrometheusText& text, const front::Context& context) {
    using route::TargetStates;
    text.metric("bellwether_target_in_service", "gauge",
                "1, or 0 while it is tried last because it has failed too often.");
    write_targets(text, context, [](const TargetStates& states, std::size_t id) {
        const bool in = states.service(id, Clock::now()) == route::Service::in;
        return std::uint64_t{in ? 1u : 0u};
    });
    text.metric("bellwether_target_ejections_total", "counter",
                "How often a target was taken out of service.");
    write_targets(text, context,
                  [](const TargetStates& states, std::size_t id) { return states.times_out(id); });
    text.metric("bellwether_target_calls_in_flight", "gauge", "Tries under way at a target.");
    write_targets(text, context, [](const TargetStates& states, std::size_t id) {
        return std::uint64_t{states.under_way(id)};
    });
    write_first_contents(text, context);
}

// Only of providers that have several credentials.
void write_credentials(PrometheusText& text, const front::Context& context) {
    const policy::Credentials& credentials = context.running.upstreams->credentials;
    text.metric("bellwether_credential_set_aside", "gauge",
                "1 while a credential is set aside because its upstream refused it, else 0.");
    for (std::size_t provider = 0; provider < context.host.config.providers.size(); ++provider) {
        const std::size_t count = credentials.count(provider);
        for (std::size_t i = 0; count > 1 && i < count; ++i) {
            const bool aside =
                credentials.state(provider, i).use == policy::CredentialUse::set_aside;
            text.sample({{"provider", context.host.config.providers[provider].name},
                         {"credential", fmt::format("{}", i)}},
                        std::uint64_t{aside ? 1u : 0u});
        }
    }
}

void write_probes(PrometheusText& text, const front::Context& context) {
    using policy::ProbeResult;
    const auto& providers = context.host.config.providers;
    if (std::ranges::all_of(providers, [](const auto& one) { return one.probe.count() == 0; })) {
        return;
    }
    text.metric("bellwether_probe_success", "gauge",
                "1, or 0 if the provider's last probe brought no list of models.");
    for (std::size_t i = 0; i < providers.size(); ++i) {
        const ProbeResult last =
            context.running.upstreams->probes[i].load(std::memory_order_relaxed);
        if (last == ProbeResult::none_yet) continue;
        text.sample({{"provider", providers[i].name}},
                    std::uint64_t{last == ProbeResult::ok ? 1u : 0u});
    }
}

void write_ledger(PrometheusText& text, const front::Context& context) {
    const ledger::Store* const store = context.running.ledger.get();
    if (store == nullptr) return;
    const auto health = store->health();
    text.metric("bellwether_ledger_available", "gauge",
                "1, or 0 while the ledger cannot be reached or written.");
    text.sample({}, std::uint64_t{health.available ? 1u : 0u});
    text.metric("bellwether_ledger_losses_total", "counter",
                "How often the ledger was found without what it had counted.");
    text.sample({}, health.losses);
}

void write_reloads(PrometheusText& text, const report::ReloadCounts& reloads) {
    text.metric("bellwether_config_generation", "gauge",
                "The number of the config in effect: 1 from the start, one more with each reload "
                "that was applied.");
    text.sample({}, reloads.generation.load());
    text.metric("bellwether_config_generations_alive", "gauge",
                "Configs that are in effect or still have calls that began under them.");
    text.sample({}, reloads.generations_alive.load());
    text.metric("bellwether_config_last_reload_successful", "gauge",
                "1, or 0 if the last reload was refused.");
    text.sample({}, std::uint64_t{reloads.last_succeeded.load() ? 1u : 0u});
    text.metric("bellwether_config_last_reload_success_timestamp_seconds", "gauge",
                "When the config was last read without a mistake, at the start or by a reload.");
    text.sample({}, reloads.last_success_unix.load());
    text.metric("bellwether_config_reloads_total", "counter",
                "Reloads, by whether they were accepted.");
    text.sample({{"outcome", "accepted"}}, reloads.succeeded.load());
    text.sample({{"outcome", "refused"}}, reloads.refused.load());
}

void write_bodies(PrometheusText& text, const front::BodyRoom& room) {
    text.metric("bellwether_request_bodies_bytes", "gauge",
                "What the bodies of requests take of server.max_bodies.");
    text.sample({}, std::uint64_t{room.held()});
    text.metric("bellwether_request_bodies_refused_total", "counter",
                "Requests refused because the room for bodies was taken.");
    text.sample({}, room.refused());
}

void write_waiting(PrometheusText& text, const front::Running& running) {
    text.metric("bellwether_calls_waiting", "gauge", "Calls that wait in the lines of a limit.");
    for (const auto& [limit, count] : *running.waiting) {
        text.sample({{"limit", limit}}, count->load(std::memory_order_relaxed));
    }
}

void write_warnings(PrometheusText& text, const front::Context& context) {
    const config::Config& config = context.host.config;
    text.metric("bellwether_budget_warnings_total", "counter",
                "How often a budget came to a share to warn at, or was exceeded in silence.");
    for (std::size_t i = 0; i < config.budgets.size(); ++i) {
        text.sample({{"budget", config.budgets[i].name}}, context.running.warnings->counted(i));
    }
    using policy::WebhookCounts;
    text.metric("bellwether_webhook_posts_total", "counter",
                "What webhooks were told, by whether it came to them.");
    for (std::size_t i = 0; i < config.webhooks.size(); ++i) {
        for (std::size_t outcome = 0; outcome < WebhookCounts::k_outcomes.size(); ++outcome) {
            text.sample({{"webhook", config.webhooks[i].name},
                         {"outcome", WebhookCounts::k_outcomes[outcome]}},
                        context.running.webhook_counts->counted(i, outcome));
        }
    }
}

}  // namespace

observe::MetricNames metric_names(const front::Host& host) {
    std::vector<std::string> routes, providers, models, shadows;
    for (const auto& route : host.config.routes) {
        routes.push_back(route.model);
        if (route.shadow) shadows.push_back(config::shadow_name(route));
    }
    for (const auto& provider : host.config.providers) providers.push_back(provider.name);
    for (const auto& entry : host.catalogue.entries()) models.push_back(entry.id);
    return {.routes = {"", routes},
            .providers = {"", providers},
            .models = {"other", models},
            .shadows = {"", shadows}};
}

namespace {

front::Answer answer(PrometheusText text) {
    return {.status = 200, .body = text.take(), .content_type = PrometheusText::k_content_type};
}

PrometheusText metrics_text(const front::Context& context) {
    PrometheusText text;
    write_info(text, context.host);
    write_slow_callbacks(text, context.host);
    write_isolation_metrics(text, context.host);
    write_canary_metrics(text, context.host);
    write_counters(text, context.host);
    write_reloads(text, context.running.process.reloads);
    text.metric("bellwether_draining", "gauge", "1 once the host has been told to end.");
    text.sample({}, std::uint64_t{context.running.process.draining ? 1u : 0u});
    context.running.process.metrics.write(text);
    write_bodies(text, context.running.process.body_room);
    write_upstream_limits(text, context);
    write_targets(text, context);
    write_retry_budget(text, context.running.upstreams->retries);
    write_credentials(text, context);
    write_probes(text, context);
    write_waiting(text, context.running);
    write_warnings(text, context);
    write_ledger(text, context);
    text.metric("bellwether_log_lines_dropped_total", "counter",
                "Log lines given up because standard error was not read fast enough.");
    text.sample({}, observe::log_lines_dropped());
    observe::write_process_metrics(text);
    return text;
}

}  // namespace

front::Answer metrics_page(const front::Context& context) { return answer(metrics_text(context)); }

front::Answer admin_metrics_page(const front::Context& context) {
    PrometheusText text = metrics_text(context);
    const auto& watch = context.running.budget_watch;
    const report::BudgetReport* const budgets = watch ? watch->report() : nullptr;
    if (budgets != nullptr) report::write_gauges(text, *budgets);
    return answer(std::move(text));
}

}  // namespace bellwether::pages
