// per and reset: when a budget begins anew.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include "calendar/zone.hpp"
#include "config/meant.hpp"
#include "config/sections.hpp"

namespace bw::config {
namespace {

using PeriodUnit = calendar::Unit;

// In the order of the enumerators.
const std::string k_units[] = {"minute", "hour", "day", "week", "month", "none"};
const std::string k_weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                  "friday", "saturday", "sunday"};

class ResetReader {
  public:
    ResetReader(Section& reset, Period& period) : reset_(reset), period_(period) {}

    void read() {
        if (allows("day", period_.unit == PeriodUnit::week || period_.unit == PeriodUnit::month)) {
            read_day();
        }
        if (allows("hour", period_.unit >= PeriodUnit::day)) {
            if (const auto hour = reset_.integer("hour", 0, 23)) {
                period_.hour = static_cast<int>(*hour);
            }
        }
        if (allows("minute", period_.unit >= PeriodUnit::hour)) {
            if (const auto minute = reset_.integer("minute", 0, 59)) {
                period_.minute = static_cast<int>(*minute);
            }
        }
        read_zone();
        reset_.finish();
    }

  private:
    bool allows(std::string_view key, bool allowed) {
        reset_.find(key);
        if (allowed || !reset_.has(key)) return allowed;
        reset_.report().error(reset_.key_at(key),
                              fmt::format("{} means nothing where per = \"{}\"", reset_.full(key),
                                          k_units[static_cast<std::size_t>(period_.unit)]));
        return false;
    }

    void read_day() {
        if (period_.unit == PeriodUnit::week) {
            const auto day = reset_.choice("day", k_weekdays);
            if (day) period_.day = static_cast<int>(*day) + 1;
        } else if (const auto day = reset_.integer("day", 1, 31)) {
            period_.day = static_cast<int>(*day);
        }
    }

    void read_zone() {
        auto zone = reset_.text("zone");
        if (!zone) return;
        if (calendar::Zone::find(zone->value)) {
            period_.zone = std::move(zone->value);
            return;
        }
        const auto names = calendar::zone_names();
        const std::string what =
            fmt::format("{} = {} is unknown", reset_.full("zone"), in_quotes(zone->value));
        if (names.size() == 1) {
            return reset_.report().error(zone->at, what, {},
                                         "this system has no time zones: install tzdata");
        }
        reset_.report().error(zone->at, what, R"(an IANA name such as "Asia/Bangkok" or "UTC")",
                              did_you_mean(zone->value, names));
    }

    Section& reset_;
    Period& period_;
};

}  // namespace

void read_period(Section& budget, Period& period) {
    const auto unit = budget.choice("per", k_units, meant_period);
    if (unit) period.unit = static_cast<PeriodUnit>(*unit);
    if (!budget.has("per")) {
        budget.report().absent(budget.at(), {"per"}, "a budget has no per",
                               fmt::format("one of \"{}\"", fmt::join(k_units, "\", \"")));
    }
    auto reset = budget.table("reset");
    if (!reset || !unit) return;
    if (period.unit == PeriodUnit::none) {
        return budget.report().error(budget.key_at("reset"),
                                     "budgets.reset means nothing where per = \"none\"");
    }
    ResetReader(*reset, period).read();
}

}  // namespace bw::config
