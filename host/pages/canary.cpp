#include "pages/canary.hpp"

#include <chrono>

#include "config/share.hpp"
#include "pages/isolation.hpp"

namespace bellwether::pages {
namespace {

using plugin::CanaryState;
using plugin::VersionEnd;

std::int64_t unix_seconds(std::chrono::system_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

void write_count(json::PrettyWriter& writer, const char* name, const plugin::VersionCount& count) {
    writer.key(name).begin_object();
    writer.field("attempts", count.all()).field("failed", count.of(VersionEnd::failed));
    writer.field("refused", count.of(VersionEnd::refused)).end_object();
}

// Asks each provider that has a canary, or had one in vain, or may have one.
void for_canaries(const front::Host& host, auto write) {
    for (const auto& wanted : host.config.providers) {
        const auto found = host.registry.canaries.find(wanted.name);
        const bool has = found != host.registry.canaries.end();
        if (has || wanted.canary != 0)
            write(wanted.name, has ? found->second.record.get() : nullptr);
    }
}

void write_state(observe::PrometheusText& text, const front::Host& host, CanaryState state) {
    for_canaries(host, [&](const std::string& provider, const plugin::CanaryRecord* record) {
        const bool is = record != nullptr && record->state() == state;
        text.sample({{"provider", provider}}, std::uint64_t{is ? 1u : 0u});
    });
}

}  // namespace

void write_canary(json::PrettyWriter& writer, const plugin::Registry& registry,
                  const std::string& provider) {
    const auto found = registry.canaries.find(provider);
    if (found == registry.canaries.end()) return void(writer.field_or_null("canary", ""));
    constexpr const char* k_states[] = {"running", "passed", "went_back"};
    const auto& [version, record] = found->second;
    const auto& terms = record->terms();
    writer.key("canary").begin_object();
    writer.field("state", k_states[static_cast<std::size_t>(record->state())]);
    writer.field("version", record->version()).field("sha256", record->sha256());
    writer.field("share", config::share_text(terms.share));
    writer.field("since_unix", unix_seconds(record->since()));
    writer.field("until_unix", unix_seconds(record->since() + terms.time));
    write_count(writer, "new", record->of_new);
    write_count(writer, "old", record->of_old);
    version ? write_isolation(writer, *version) : void(writer.field_or_null("isolated", ""));
    writer.end_object();
}

void write_canary_metrics(observe::PrometheusText& text, const front::Host& host) {
    text.metric("bellwether_plugin_canary_running", "gauge",
                "1 while a new version of a plugin has a share of the calls.");
    write_state(text, host, CanaryState::running);
    text.metric("bellwether_plugin_canary_went_back", "gauge",
                "1 if the new version failed or refused more, so that the old one serves.");
    write_state(text, host, CanaryState::went_back);
    text.metric("bellwether_plugin_canary_attempts_total", "counter",
                "Attempts since a canary began, by version and outcome.");
    for_canaries(host, [&](const std::string& provider, const plugin::CanaryRecord* record) {
        if (record == nullptr) return;
        for (const bool is_new : {true, false}) {
            const auto& count = is_new ? record->of_new : record->of_old;
            const char* const version = is_new ? "new" : "old";
            const auto write = [&](const char* outcome, VersionEnd how) {
                text.sample({{"provider", provider}, {"version", version}, {"outcome", outcome}},
                            count.of(how));
            };
            write("ok", VersionEnd::ok);
            write("failed", VersionEnd::failed);
            write("refused", VersionEnd::refused);
        }
    });
}

}  // namespace bellwether::pages
