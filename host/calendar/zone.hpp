// `Zone` is the clock of one IANA time zone, as the system has it in /usr/share/zoneinfo. `find`
// reads the zone's file; after that a zone is pure. Any thread may call it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace date {
class time_zone;
}  // namespace date

namespace bellwether::calendar {

// An instant is in seconds since 1970. A local time is what the zone's clock shows, counted in the
// same way.
class Zone {
  public:
    Zone() = default;  // UTC, which needs no file

    // Finds a zone by its name, such as "Asia/Bangkok"; nothing if the system does not know it.
    static std::optional<Zone> find(std::string_view name);

    // A span of time, from `begin` to before `end`, throughout which the clock is `offset` seconds
    // ahead of UTC.
    struct OffsetSpan {
        std::int64_t begin = 0;
        std::int64_t end = 0;
        std::int64_t offset = 0;
    };
    OffsetSpan span_at(std::int64_t instant) const;

    // The first instant at which the clock shows this local time. If the clock jumps over it, that
    // is the instant of the jump.
    std::int64_t instant_of(std::int64_t local) const;

  private:
    explicit Zone(const date::time_zone* zone) : zone_(zone) {}

    const date::time_zone* zone_ = nullptr;  // null: UTC
};

// Every name that find() knows, sorted; only "UTC" where the system has no files of zones.
std::vector<std::string> zone_names();

}  // namespace bellwether::calendar
