#include "calendar/zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>

namespace bellwether::calendar {
namespace {

using std::chrono::seconds;

constexpr std::string_view k_utc = "UTC";

// Null if the system has no zone files.
const date::tzdb* database() {
    try {
        return &date::get_tzdb();
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

std::int64_t count(date::sys_seconds instant) { return instant.time_since_epoch().count(); }

}  // namespace

std::optional<Zone> Zone::find(std::string_view name) {
    if (name == k_utc) return Zone();
    try {
        const date::time_zone* zone = date::locate_zone(name);
        zone->get_info(date::sys_seconds());  // reads its file now, so that it never fails later
        return Zone(zone);
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

Zone::OffsetSpan Zone::span_at(std::int64_t instant) const {
    if (zone_ == nullptr) {
        return {.begin = std::numeric_limits<std::int64_t>::min(),
                .end = std::numeric_limits<std::int64_t>::max(),
                .offset = 0};
    }
    const auto info = zone_->get_info(date::sys_seconds(seconds(instant)));
    return {.begin = count(info.begin), .end = count(info.end), .offset = info.offset.count()};
}

std::int64_t Zone::instant_of(std::int64_t local) const {
    if (zone_ == nullptr) return local;
    const auto info = zone_->get_info(date::local_seconds(seconds(local)));
    if (info.result == date::local_info::nonexistent) return count(info.first.end);
    return local - info.first.offset.count();
}

std::vector<std::string> zone_names() {
    std::vector<std::string> names{std::string(k_utc)};
    if (const date::tzdb* zones = database()) {
        for (const auto& zone : zones->zones) names.push_back(zone.name());
    }
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

}  // namespace bellwether::calendar
