// The moments and days of reports: parses a moment as people write it, and names a day. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "calendar/zone.hpp"

namespace bellwether::report {

inline constexpr std::int64_t k_us_per_second = 1'000'000;

// Parses "now"; "90m" (minutes), "24h", "7d" or "4w", which count back from now; or "2026-11-01",
// when that day begins in the zone. In microseconds since 1970; nothing: the text is none of these.
std::optional<std::int64_t> parse_moment(std::string_view text, std::int64_t now_us,
                                         const calendar::Zone& zone);
inline constexpr std::string_view k_moment_expected =
    R"("24h", "7d", "4w" or a day such as "2026-11-01")";

// Names the day of a moment. Keeps the last day, as most moments are on the day of the one before.
class DayNames {
  public:
    explicit DayNames(calendar::Zone zone) : zone_(zone) {}

    const std::string& of(std::int64_t us);  // "2026-11-01"

  private:
    calendar::Zone zone_;
    std::int64_t begin_ = 0;  // seconds
    std::int64_t end_ = 0;
    std::string name_;
};

}  // namespace bellwether::report
