#include "pages/isolation.hpp"

#include "plugin/isolated/confinement.hpp"
#include "plugin/isolated/keeper.hpp"

namespace bellwether::pages {
namespace {

using observe::PrometheusText;
using plugin::isolated::EndKind;
using plugin::isolated::ProcessStanding;

// Asks each of them once for a metric.
void for_isolated(const front::Host& host, auto write) {
    for (const auto& provider : host.registry.providers) {
        const auto* const keeper = provider->library ? provider->library->keeper() : nullptr;
        if (keeper != nullptr) write(provider->name, keeper->standing());
    }
}

void write_confinement(json::PrettyWriter& writer, std::uint32_t confined) {
    for (const bool on : {true, false}) {
        writer.key(on ? "confined_by" : "not_confined_by").begin_array();
        for (const auto& [bit, name] : plugin::isolated::k_confinement_names) {
            if (((confined & bit) != 0) == on) writer.value(name);
        }
        writer.end_array();
    }
}

const char* reason_at(std::size_t index) { return word_of(static_cast<EndKind>(index)); }

}  // namespace

void write_isolation(json::PrettyWriter& writer, const plugin::LoadedProvider& provider) {
    const auto* const keeper = provider.library->keeper();
    if (keeper == nullptr) return void(writer.field_or_null("isolated", ""));
    const ProcessStanding now = keeper->standing();
    writer.key("isolated").begin_object().field("condition", word_of(now.condition));
    writer.field("process", now.process);
    write_confinement(writer, now.confined);
    writer.key("ends").begin_object();
    for (std::size_t i = 0; i < now.ends.size(); ++i) {
        if (now.ends[i] != 0) writer.field(reason_at(i), static_cast<std::int64_t>(now.ends[i]));
    }
    writer.end_object().field_or_null("last_end", now.last_end);
    writer.key("refused").begin_object();
    for (const auto& [call, count] : now.refused) {
        writer.field(call, static_cast<std::int64_t>(count));
    }
    writer.end_object().end_object();
}

void write_isolation_metrics(PrometheusText& text, const front::Host& host) {
    using plugin::isolated::Condition;
    const auto write_if = [&](Condition wanted) {
        for_isolated(host, [&](const std::string& provider, const ProcessStanding& now) {
            text.sample({{"provider", provider}}, std::uint64_t{now.condition == wanted ? 1u : 0u});
        });
    };
    text.metric("bellwether_plugin_up", "gauge", "1, or 0 if an isolated plugin has no process.");
    write_if(Condition::up);
    text.metric("bellwether_plugin_quarantined", "gauge",
                "1 if an isolated plugin's process has ended too often to come back soon.");
    write_if(Condition::quarantined);
    text.metric("bellwether_plugin_deaths_total", "counter",
                "Ends of an isolated plugin's process, by reason.");
    for_isolated(host, [&](const std::string& provider, const ProcessStanding& now) {
        for (std::size_t i = 0; i < now.ends.size(); ++i) {
            if (static_cast<EndKind>(i) == EndKind::stopped) continue;
            text.sample({{"provider", provider}, {"reason", reason_at(i)}}, now.ends[i]);
        }
    });
    text.metric("bellwether_plugin_refused_calls_total", "counter",
                "System calls that an isolated plugin tried, and may not make.");
    for_isolated(host, [&](const std::string& provider, const ProcessStanding& now) {
        for (const auto& [call, count] : now.refused) {
            text.sample({{"provider", provider}, {"call", call}}, count);
        }
    });
}

}  // namespace bellwether::pages
