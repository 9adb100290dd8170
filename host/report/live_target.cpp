#include "report/live_target.hpp"

#include <fmt/format.h>

#include "calendar/window.hpp"
#include "config/quantity.hpp"

namespace bellwether::report {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;
using std::chrono::system_clock;

system_clock::time_point calendar_time(Clock::time_point time) {
    return Clock::wall() + duration_cast<system_clock::duration>(time - Clock::now());
}

std::string rfc3339(system_clock::time_point time) {
    return calendar::rfc3339(duration_cast<seconds>(time.time_since_epoch()).count(),
                             calendar::Zone());
}

std::string_view name_of(route::Service service) {
    switch (service) {
        case route::Service::in: return "in";
        case route::Service::out: return "out";
        case route::Service::trial_due: return "trial_due";
    }
    return {};
}

void write_ms(json::PrettyWriter& writer, std::string_view name,
              std::optional<std::chrono::nanoseconds> time) {
    writer.key(name);
    if (!time) return void(writer.null());
    writer.raw(fmt::format("{:.3f}", static_cast<double>(time->count()) / 1e6));
}

}  // namespace

std::string calendar_text(Clock::time_point time) { return rfc3339(calendar_time(time)); }

LiveTarget live_target(const route::TargetStates& states, std::size_t id) {
    LiveTarget target{.service = states.service(id, Clock::now()),
                      .first_content = states.measured(id, route::AnswerForm::stream),
                      .plain_answer = states.measured(id, route::AnswerForm::plain),
                      .under_way = states.under_way(id),
                      .times_out = states.times_out(id)};
    if (target.service != route::Service::in) {
        target.out_since = calendar_time(states.out_since(id));
        target.out_until = calendar_time(states.out_until(id));
    }
    return target;
}

json::PrettyWriter& write_fields(json::PrettyWriter& writer, const LiveTarget& target) {
    const bool out = target.service != route::Service::in;
    writer.field("service", name_of(target.service));
    writer.field_or_null("out_since", out ? rfc3339(target.out_since) : std::string());
    writer.field_or_null("out_until", out ? rfc3339(target.out_until) : std::string());
    writer.field("times_out", target.times_out);
    write_ms(writer, "first_content_ms", target.first_content);
    write_ms(writer, "plain_answer_ms", target.plain_answer);
    return writer.field("calls_in_flight", std::uint64_t{target.under_way});
}

std::string change_text(const config::Config& config, const route::TargetName& name,
                        const route::TargetStates::Change& change) {
    std::string text = fmt::format("provider {}, ", config.providers[name.provider].name);
    text += name.model.empty() ? fmt::format("at the route \"{}\"", name.route)
                               : fmt::format("model {}", name.model);
    if (!change.out) {
        const auto time = std::chrono::ceil<seconds>(change.for_);
        return text + fmt::format(": back in service after {}", config::duration_text(time));
    }
    text += fmt::format(": out of service for {}, after {} failure{} in a row",
                        config::duration_text(change.for_), change.failures_in_row,
                        change.failures_in_row == 1 ? "" : "s");
    if (change.error_percent == 0) return text;
    return text + fmt::format("; of the tries of the last {}, {} % failed",
                              config::duration_text(config.health.window), change.error_percent);
}

}  // namespace bellwether::report
