#include "pages/isolation.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "plugin/isolated/confinement.hpp"
#include "plugin/isolated/keepers.hpp"

namespace bellwether::pages {
namespace {

using observe::PrometheusText;
using plugin::isolated::EndKind;
using plugin::isolated::ProcessStanding;

using Standings = std::vector<ProcessStanding>;

// Asks each of them once for a metric.
void for_isolated(const front::Host& host, auto write) {
    for (const auto& provider : host.registry.providers) {
        const auto* const keepers = provider->library ? provider->library->keepers() : nullptr;
        if (keepers != nullptr) write(provider->name, keepers->standings());
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

void write_process(json::PrettyWriter& writer, const ProcessStanding& now) {
    writer.begin_object().field("condition", word_of(now.condition));
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

}  // namespace

void write_isolation(json::PrettyWriter& writer, const plugin::LoadedProvider& provider) {
    const auto* const keepers = provider.library->keepers();
    if (keepers == nullptr) return void(writer.field_or_null("isolated", ""));
    writer.key("isolated").begin_array();
    for (const ProcessStanding& now : keepers->standings()) write_process(writer, now);
    writer.end_array();
}

void write_isolation_metrics(PrometheusText& text, const front::Host& host) {
    using plugin::isolated::Condition;
    const auto write_if = [&](Condition wanted) {
        for_isolated(host, [&](const std::string& provider, const Standings& all) {
            const auto number = std::ranges::count(all, wanted, &ProcessStanding::condition);
            text.sample({{"provider", provider}}, static_cast<std::uint64_t>(number));
        });
    };
    text.metric("bellwether_plugin_up", "gauge",
                "Processes of an isolated plugin that serve: 1, or one for each worker.");
    write_if(Condition::up);
    text.metric("bellwether_plugin_quarantined", "gauge",
                "Processes of an isolated plugin that have ended too often to come back soon.");
    write_if(Condition::quarantined);
    text.metric("bellwether_plugin_deaths_total", "counter",
                "Ends of an isolated plugin's process, by reason.");
    for_isolated(host, [&](const std::string& provider, const Standings& all) {
        for (std::size_t i = 0; i < plugin::isolated::k_end_kinds; ++i) {
            if (static_cast<EndKind>(i) == EndKind::stopped) continue;
            std::uint64_t number = 0;
            for (const ProcessStanding& one : all) number += one.ends[i];
            text.sample({{"provider", provider}, {"reason", reason_at(i)}}, number);
        }
    });
    text.metric("bellwether_plugin_refused_calls_total", "counter",
                "System calls that an isolated plugin tried, and may not make.");
    for_isolated(host, [&](const std::string& provider, const Standings& all) {
        std::map<std::string, std::uint64_t> refused;
        for (const ProcessStanding& one : all) {
            for (const auto& [call, count] : one.refused) refused[call] += count;
        }
        for (const auto& [call, count] : refused) {
            text.sample({{"provider", provider}, {"call", call}}, count);
        }
    });
}

}  // namespace bellwether::pages
