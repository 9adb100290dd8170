// Clocks of the world: the IANA zones, as the system has them in /usr/share/zoneinfo. Pure once the
// zone's file is read, which happens on its first use; from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace date {
class time_zone;
}  // namespace date

namespace bw::calendar {

// Times are seconds since 1970; local ones as the zone's clock shows them.
class Zone {
  public:
    Zone() = default;  // UTC, which needs no file

    // By its name, "Asia/Bangkok"; nothing: the system does not know it.
    static std::optional<Zone> find(std::string_view name);

    // A stretch of time, from `begin` to before `end`, in which the clock is ahead of UTC by the
    // same number of seconds.
    struct OffsetSpan {
        std::int64_t begin = 0;
        std::int64_t end = 0;
        std::int64_t offset = 0;
    };
    OffsetSpan span_at(std::int64_t instant) const;

    // The first moment at which the clock shows this time or, where it jumps over it, a later one.
    std::int64_t instant_of(std::int64_t local) const;

  private:
    explicit Zone(const date::time_zone* zone) : zone_(zone) {}

    const date::time_zone* zone_ = nullptr;  // null: UTC
};

// Every name that find() knows, sorted; only "UTC" where the system has no files of zones.
std::vector<std::string> zone_names();

}  // namespace bw::calendar
